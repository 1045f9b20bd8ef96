package dev.residual.bindings.onednn;

/**
 * The statuses of oneDNN's functions: {@code dnnl_status_t}, the ordinal of each being its number.
 */
enum OneDnnStatus {
  SUCCESS("all is well"),
  OUT_OF_MEMORY("there is not enough memory"),
  INVALID_ARGUMENTS("an argument is not allowed"),
  UNIMPLEMENTED(
      "there is no implementation for these shapes, types and attributes on this processor"),
  LAST_IMPL_REACHED("there is no further implementation"),
  RUNTIME_ERROR("it failed while running"),
  NOT_REQUIRED("this query has no answer here"),
  INVALID_GRAPH("the graph is not allowed"),
  INVALID_GRAPH_OP("an operation of the graph is not allowed"),
  INVALID_SHAPE("a shape is not allowed"),
  INVALID_DATA_TYPE("a data type is not allowed");

  private static final OneDnnStatus[] VALUES = values();

  private final String meaning;

  OneDnnStatus(String meaning) {
    this.meaning = meaning;
  }

  static String name(int status) {
    return isKnown(status)
        ? "dnnl_" + VALUES[status].name().toLowerCase(java.util.Locale.ROOT)
        : "unknown status";
  }

  static String meaning(int status) {
    return isKnown(status) ? VALUES[status].meaning : "a newer oneDNN knows what this is";
  }

  private static boolean isKnown(int status) {
    return status >= 0 && status < VALUES.length;
  }
}
