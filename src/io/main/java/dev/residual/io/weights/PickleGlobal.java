package dev.residual.io.weights;

/**
 * The name of a Python class or function in a pickle. It is a name and nothing more: nothing is
 * loaded, made or called by it.
 */
record PickleGlobal(String module, String name) {
  /** What stands for texts, bytes and integers that are too long to be kept. */
  static final PickleGlobal STR = new PickleGlobal("builtins", "str");

  static final PickleGlobal BYTES = new PickleGlobal("builtins", "bytes");
  static final PickleGlobal INT = new PickleGlobal("builtins", "int");

  boolean is(String module, String name) {
    return this.name.equals(name) && this.module.equals(module);
  }

  @Override
  public String toString() {
    return module + "." + name;
  }
}
