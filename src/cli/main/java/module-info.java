import org.jspecify.annotations.NullMarked;

/** The command line. */
@NullMarked
module dev.residual.cli {
  requires dev.residual.io;
  requires info.picocli;
  requires java.desktop;
  requires java.logging;
  requires jdk.jfr;
  requires me.tongfei.progressbar;
  requires tools.jackson.core;
  requires xchart;
  requires static org.jspecify;

  opens dev.residual.cli to
      info.picocli;
}
