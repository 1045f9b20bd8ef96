package dev.residual.backend.onednn;

import dev.residual.OperandContract;
import dev.residual.engine.Backend;
import dev.residual.tensor.DType;
import java.util.List;

/** The contract where no C compiler built Residual's own kernels. */
class OneDnnWithoutKernelsTest extends OperandContract {
  @Override
  protected Backend backend() {
    return new OneDnnBackend(false);
  }

  @Override
  protected List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16);
  }
}
