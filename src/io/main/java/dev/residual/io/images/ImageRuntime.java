package dev.residual.io.images;

import dev.residual.bindings.turbojpeg.TurboJpegLibrary;
import dev.residual.bindings.webp.WebPLibrary;
import org.jspecify.annotations.Nullable;

/**
 * What decodes the formats for which systems differ, in words.
 *
 * @param jpeg libturbojpeg or the JDK, which give the same pixels
 * @param webp libwebp, a library in Java, or what is missing
 * @param tiff a library in Java, or what is missing
 */
public record ImageRuntime(String jpeg, String webp, String tiff) {

  /** Looks for the libraries, if that has not been done yet. */
  public static ImageRuntime load() {
    return new ImageRuntime(
        TurboJpegDecoder.isUsable()
            ? TurboJpegLibrary.library().toString()
            : "the JDK, with the same pixels; libturbojpeg is faster",
        WebPLibrary.isAvailable()
            ? WebPLibrary.library().toString()
            : provided(ImageProvider.WEBP, "; libwebp is exact on lossy images, too"),
        provided(ImageProvider.TIFF, ""));
  }

  private static String provided(ImageProvider provider, String remark) {
    @Nullable String description = provider.description();
    return description == null ? "NOT READ: " + provider.remedy() : description + remark;
  }
}
