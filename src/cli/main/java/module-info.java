import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.residual.cli {
  requires dev.residual.io;
  requires static org.jspecify;
}
