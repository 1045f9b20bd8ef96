package dev.residual.backend.cudnn;

import dev.residual.Backends;
import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.engine.Backend;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The GPU of tests, an extension of their class: the {@linkplain SoftwareDevice software device},
 * or the GPU that the system property {@code residual.test.device} names, such as {@code cuda:0}.
 * On that one nothing tells of wrong calls, and where it is missing the tests fail.
 */
public final class TestDevice implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final String NAME = System.getProperty("residual.test.device", "");

  private final SoftwareDevice software = new SoftwareDevice();

  /** Whether it is a GPU, which has no settings and no counts. */
  public static boolean isReal() {
    return !NAME.isBlank();
  }

  /** Whether there is such a device, or should be. */
  public static boolean isAvailable() {
    return isReal() || SoftwareDevice.isAvailable();
  }

  /**
   * The backend of this device. On a GPU it measures its plans, unless {@code residual.tuning} is
   * {@code off}.
   */
  public static Backend backend() {
    return isReal() ? Backends.named(NAME) : SoftwareDevice.backend();
  }

  /** The bytes of a GPU's memory that nobody uses. */
  public static long freeMemory() {
    int colon = NAME.indexOf(':');
    return CudaDevice.open(colon < 0 ? 0 : Integer.parseInt(NAME.substring(colon + 1)))
        .freeMemory();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (isReal()) {
      backend();
    } else {
      software.beforeAll(context);
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!isReal()) {
      software.beforeEach(context);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!isReal()) {
      software.afterEach(context);
    }
  }
}
