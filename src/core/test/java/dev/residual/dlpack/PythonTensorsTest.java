package dev.residual.dlpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * NumPy and PyTorch lend us tensors and borrow ours, in one process. {@code
 * -Dresidual.test.python=PROGRAM} names a Python that has both and a shared library.
 */
class PythonTensorsTest {
  private static EmbeddedPython python;

  @BeforeAll
  static void start() throws IOException {
    String program = System.getProperty("residual.test.python");
    assumeTrue(program != null, "residual.test.python names no Python with NumPy and PyTorch");
    python = new EmbeddedPython(Objects.requireNonNull(program));
    python.run("import numpy, torch, weakref");
  }

  private static SharedTensor borrow(boolean isVersioned) {
    return isVersioned
        ? SharedTensor.borrowVersioned(python.slot(0))
        : SharedTensor.borrowUnversioned(python.slot(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "torch.arange(24.).reshape(1,2,3,4); F32; ROW_MAJOR; false",
        "torch.arange(24.).reshape(1,2,3,4).to(memory_format=torch.channels_last); F32;"
            + " CHANNELS_LAST; false",
        "torch.arange(48.).reshape(2,2,3,4)[1:]; F32; ROW_MAJOR; false",
        "torch.arange(24.).reshape(4,3,2,1).permute(3,2,1,0); F32; ROW_MAJOR; true",
        "torch.arange(3.).expand(1,2,4,3).transpose(2,3); F32; ROW_MAJOR; true",
        "torch.arange(24).reshape(1,2,3,4).to(torch.bfloat16); BF16; ROW_MAJOR; false",
        "torch.arange(24).reshape(1,2,3,4); I64; ROW_MAJOR; false",
        "numpy.arange(24, dtype='f4').reshape(1,2,3,4); F32; ROW_MAJOR; false",
        "numpy.arange(24, dtype='f4').reshape(1,2,3,4)[:,::-1]; F32; ROW_MAJOR; true",
        "numpy.arange(24, dtype='u1').reshape(1,3,4,2).transpose(0,3,1,2); U8; CHANNELS_LAST; false"
      })
  void tensorsAreBorrowed(String expression, DType dtype, Layout layout, boolean isCopied) {
    for (int versioned = 0; versioned < 2; versioned++) {
      python.run(
          """
          given = %s
          lend(given, %d)
          slots[1] = given.ctypes.data if isinstance(given, numpy.ndarray) else given.data_ptr()
          elements = torch.as_tensor(given.copy() if isinstance(given, numpy.ndarray) else given)
          order = %s
          whole = elements.permute(order).contiguous()
          slots[2] = whole.data_ptr()
          slots[3] = whole.numel() * whole.element_size()
          gone = [False]
          is_array = isinstance(given, numpy.ndarray)
          if is_array:
              weakref.finalize(given, lambda: gone.__setitem__(0, True))
          del elements
          """
              .formatted(
                  expression,
                  versioned,
                  layout == Layout.CHANNELS_LAST ? "(0, 2, 3, 1)" : "(0, 1, 2, 3)"));
      try (SharedTensor tensor = borrow(versioned == 1)) {
        assertThat(tensor)
            .returns(dtype, SharedTensor::dtype)
            .returns(Shape.of(1, 2, 3, 4), SharedTensor::shape)
            .returns(layout, SharedTensor::layout)
            .returns(isCopied, SharedTensor::isCopied);
        assertThat(tensor.memory().address() == python.slot(1)).isEqualTo(!isCopied);
        python.set(4, tensor.memory().asReadOnly().address());
        python.set(5, tensor.memory().byteSize());
        python.run(
            """
            assert slots[5] == slots[3]
            assert ctypes.string_at(slots[4], slots[5]) == ctypes.string_at(slots[2], slots[3])
            del given
            gc.collect()
            assert not gone[0] or %s
            """
                .formatted(isCopied ? "True" : "False"));
      }
      python.run("gc.collect(); assert gone[0] or not is_array");
    }
  }

  @Test
  void memoryThatNumPyHasReadOnlyIsReadOnly() {
    python.run("given = numpy.zeros(3, 'f4'); given.flags.writeable = False; lend(given, 1)");
    try (SharedTensor tensor = borrow(true)) {
      assertThat(tensor.memory().isReadOnly()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"torch,0", "torch,1", "numpy,0", "numpy,1"})
  void tensorsAreLent(String library, int versioned) {
    AtomicInteger releases = new AtomicInteger();
    SharedTensor own = SharedTensor.zeros(DType.F32, Shape.of(1, 2, 3, 4), Layout.CHANNELS_LAST);
    SharedTensor tensor =
        SharedTensor.of(
            own.dtype(),
            own.shape(),
            own.layout(),
            own.memory(),
            () -> {
              releases.incrementAndGet();
              own.close();
            });
    for (int i = 0; i < 24; i++) {
      tensor.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
    }
    python.set(0, versioned == 1 ? tensor.lendVersioned() : tensor.lendUnversioned());
    python.set(1, tensor.memory().address());
    python.run(
        """
        given = %s.from_dlpack(Borrowed(%d))
        assert tuple(given.shape) == (1, 2, 3, 4)
        address = given.ctypes.data if isinstance(given, numpy.ndarray) else given.data_ptr()
        assert address == slots[1]
        """
            .formatted(library, versioned));
    tensor.close();
    python.run("assert float(given[0, 1, 2, 3]) == 23 and float(given.sum()) == 276");
    assertThat(releases).hasValue(0);
    python.run("del given; gc.collect()");
    assertThat(releases).hasValue(1);
  }
}
