import ai.djl.engine.EngineProvider;
import dev.residual.djl.ResidualEngineProvider;
import org.jspecify.annotations.NullMarked;

/** An engine of the Deep Java Library, which finds it by itself. */
@NullMarked
module dev.residual.djl {
  requires transitive ai.djl.api;
  // The API is no module of its own, and cannot say what it needs.
  requires com.google.gson;
  requires dev.residual.io;
  requires static org.jspecify;
  requires org.slf4j;

  exports dev.residual.djl;

  provides EngineProvider with
      ResidualEngineProvider;
}
