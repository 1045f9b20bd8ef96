package dev.residual.backend.cudnn;

import dev.residual.BackendContract;
import dev.residual.engine.Backend;
import dev.residual.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of backends, on a GPU. */
@ExtendWith(TestDevice.class)
class CudnnBackendTest extends BackendContract {

  @Override
  protected Backend backend() {
    return TestDevice.backend();
  }

  @Override
  protected List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16, DType.F16);
  }
}
