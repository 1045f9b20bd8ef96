/** Programs of somebody who uses Residual. */
module example {
  requires dev.residual.io;
  requires java.desktop;
}
