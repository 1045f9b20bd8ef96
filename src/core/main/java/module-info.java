import org.jspecify.annotations.NullMarked;

/** Native-accelerated kernels for residual networks: graphs, backends, sessions and training. */
@NullMarked
module dev.residual {
  requires transitive dev.residual.bindings;
  requires transitive jdk.jfr;
  requires static org.jspecify;

  exports dev.residual;
  exports dev.residual.calibration;
  exports dev.residual.dlpack;
  exports dev.residual.engine;
  exports dev.residual.graph;
  exports dev.residual.graph.passes;
  exports dev.residual.inference;
  exports dev.residual.inspect;
  exports dev.residual.mpi;
  exports dev.residual.nn;
  exports dev.residual.quantization;
  exports dev.residual.tensor;
  exports dev.residual.train;
}
