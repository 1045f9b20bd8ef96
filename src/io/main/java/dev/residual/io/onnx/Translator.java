package dev.residual.io.onnx;

/** The translation of the nodes of one type into operations. */
interface Translator {

  /**
   * Adds the operations of a node, and defines its outputs.
   *
   * @throws IllegalArgumentException if the node is not supported, or its shapes do not fit
   */
  void translate(Node node, Translation to);
}
