package dev.residual.bench.gpu;

import java.io.IOException;
import java.time.Duration;

/** Something that is tested or measured. */
interface Part {

  /** What it is called on the command line. */
  String name();

  /** The time that it may take. */
  Duration limit();

  /** Does it, in children of this process. */
  Finding run(Programs programs) throws IOException;
}
