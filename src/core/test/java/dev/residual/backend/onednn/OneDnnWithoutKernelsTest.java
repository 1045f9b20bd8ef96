package dev.residual.backend.onednn;

import dev.residual.BackendContract;
import dev.residual.engine.Backend;

/** The contract where no C compiler built Residual's own kernels. */
class OneDnnWithoutKernelsTest extends BackendContract {
  @Override
  protected Backend backend() {
    return new OneDnnBackend(false);
  }
}
