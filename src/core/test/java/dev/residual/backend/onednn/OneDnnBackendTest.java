package dev.residual.backend.onednn;

import dev.residual.BackendContract;
import dev.residual.engine.Backend;
import dev.residual.tensor.DType;
import java.util.List;

class OneDnnBackendTest extends BackendContract {

  @Override
  protected Backend backend() {
    return new OneDnnBackend();
  }

  @Override
  protected List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16);
  }
}
