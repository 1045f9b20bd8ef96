package dev.residual.backend.reference;

import dev.residual.BackendContract;
import dev.residual.engine.Backend;
import dev.residual.tensor.DType;
import java.util.List;

class ReferenceBackendTest extends BackendContract {

  @Override
  protected Backend backend() {
    return new ReferenceBackend();
  }

  @Override
  protected List<DType> dtypes() {
    return List.of(DType.F32, DType.F64, DType.F16);
  }
}
