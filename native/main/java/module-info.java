/** The native libraries that Residual carries, as resources; it holds no code. */
module dev.residual.natives {}
