package dev.residual.backend.cudnn.operation;

/** Where the elements of a tensor of an operation graph are. */
public enum Storage {
  /** In device memory: whoever executes the graph gives the address. */
  MEMORY,
  /** Nowhere: they pass from node to node within the graph and are never stored. */
  VIRTUAL,
  /** In the graph: one number that is known when it is built. */
  BY_VALUE
}
