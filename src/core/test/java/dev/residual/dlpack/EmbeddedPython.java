package dev.residual.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A Python interpreter in this process, which tells numbers in slots that Java sees. */
final class EmbeddedPython {
  private static final int RTLD_NOW_GLOBAL = 0x102;

  /** Where its library is, and then where it finds modules. */
  private static final String PLACES =
      """
      import sys, sysconfig
      of = sysconfig.get_config_var
      print(of('LIBDIR') + '/' + of('INSTSONAME'))
      print(sys.path)
      """;

  /** Functions for all scripts: a capsule's pointer, and a capsule of a pointer. */
  private static final String PRELUDE =
      """
      import ctypes, gc, sys
      sys.path[:] = %s
      slots = (ctypes.c_int64 * 8).from_address(%d)
      api = ctypes.pythonapi
      api.PyCapsule_GetPointer.restype = ctypes.c_void_p
      api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
      api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
      api.PyCapsule_New.restype = ctypes.py_object
      api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
      names = {0: b'dltensor', 1: b'dltensor_versioned'}
      used = {0: b'used_dltensor', 1: b'used_dltensor_versioned'}

      def lend(tensor, versioned):
          capsule = tensor.__dlpack__(max_version=(1, 0)) if versioned else tensor.__dlpack__()
          slots[0] = api.PyCapsule_GetPointer(capsule, names[versioned])
          api.PyCapsule_SetName(capsule, used[versioned])

      class Borrowed:
          def __init__(self, versioned):
              self.versioned = versioned
              self.address = slots[0]
          def __dlpack_device__(self):
              return (1, 0)
          def __dlpack__(self, **unused):
              return api.PyCapsule_New(self.address, names[self.versioned], None)
      """;

  private final MemorySegment library;

  /** What scripts call {@code slots}. */
  final MemorySegment slots = Arena.global().allocate(JAVA_LONG, 8);

  /** Starts the interpreter of a Python program, for the rest of the process. */
  EmbeddedPython(String program) throws IOException {
    Process asked = new ProcessBuilder(program, "-c", PLACES).start();
    List<String> places = asked.inputReader().readAllLines();
    library = open(places.get(0));
    call("Py_InitializeEx", FunctionDescriptor.ofVoid(JAVA_INT), 0);
    // Whoever wants the interpreter's lock, as deleters of NumPy, finds it free.
    call("PyEval_SaveThread", FunctionDescriptor.of(ADDRESS));
    run(PRELUDE.formatted(places.get(1), slots.address()));
  }

  private static MemorySegment open(String name) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment library =
          (MemorySegment)
              ForeignLibrary.call(
                  "dlopen",
                  FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT),
                  arena.allocateFrom(name),
                  RTLD_NOW_GLOBAL);
      if (library.address() == 0) {
        throw new IOException("cannot load " + name);
      }
      return library;
    }
  }

  /** Calls a function of Python's. */
  private Object call(String function, FunctionDescriptor descriptor, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      Object symbol =
          ForeignLibrary.call(
              "dlsym",
              FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS),
              library,
              arena.allocateFrom(function));
      return ForeignLibrary.call((MemorySegment) symbol, descriptor, arguments);
    }
  }

  /** Runs a script in the one module that all share; what it throws it prints. */
  void run(String script) {
    FunctionDescriptor integer = FunctionDescriptor.of(JAVA_INT);
    Object state = call("PyGILState_Ensure", integer);
    try (Arena arena = Arena.ofConfined()) {
      Object status =
          call(
              "PyRun_SimpleString",
              integer.appendArgumentLayouts(ADDRESS),
              arena.allocateFrom(script));
      if (!status.equals(0)) {
        throw new AssertionError("Python failed:\n" + script);
      }
    } finally {
      call("PyGILState_Release", FunctionDescriptor.ofVoid(JAVA_INT), state);
    }
  }

  long slot(int index) {
    return slots.getAtIndex(JAVA_LONG, index);
  }

  void set(int index, long number) {
    slots.setAtIndex(JAVA_LONG, index, number);
  }
}
