import ai.djl.engine.EngineProvider;
import dev.residual.djl.ResidualEngineProvider;
import org.jspecify.annotations.NullMarked;

/** An engine of the Deep Java Library, which finds it by itself. */
@NullMarked
module dev.residual.djl {
  requires transitive ai.djl.api;
  requires dev.residual.io;
  requires static org.jspecify;

  exports dev.residual.djl;

  provides EngineProvider with
      ResidualEngineProvider;
}
