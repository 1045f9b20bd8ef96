package dev.residual.backend.onednn;

import dev.residual.BackendContract;
import dev.residual.engine.Backend;

class OneDnnBackendTest extends BackendContract {

  @Override
  protected Backend backend() {
    return new OneDnnBackend();
  }
}
