package dev.residual.backend.cudnn.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A device, there or not, as cuDNN describes it in JSON, with what predictions need.
 *
 * <p>The JSON is cuDNN's own ({@code CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION}), with two more
 * members that cuDNN ignores: {@code memoryBandwidth} in bytes a second, or else {@code
 * memoryBusWidth} in bits; and {@code peakHalfFlops}. What is absent is estimated from the clocks.
 *
 * @param name the device's name, as {@code NVIDIA H100 80GB HBM3}
 * @param computeCapability as {@code 9.0}
 * @param multiprocessors how many it has
 * @param memoryBytes the size of its memory
 * @param memoryBandwidth the bytes a second that its memory gives at most
 * @param peakHalfFlops the operations a second on numbers of 16 bits, summed in float, at most
 * @param json the text that cuDNN takes
 */
public record DeviceDescription(
    String name,
    String computeCapability,
    int multiprocessors,
    long memoryBytes,
    double memoryBandwidth,
    double peakHalfFlops,
    String json) {

  /** The devices that are described here. */
  public static final List<String> NAMES = List.of("a100", "h100", "h200");

  private static final long LARGEST_FILE = 1L << 20;

  /** What cuDNN wants to know beside what is read here. */
  private static final List<String> NUMBERS =
      List.of(
          "cudaDeviceId",
          "driverVer",
          "smCountOrigin",
          "warpSize",
          "maxThreadsPerBlock",
          "maxThreadsPerSM",
          "maxCtasPerSM",
          "regsPerBlock",
          "maxRegistersPerSM",
          "maxSharedMemoryPerBlock",
          "maxSharedMemoryPerBlockOptin",
          "reservedSharedMemoryPerBlock",
          "l2CacheSize",
          "memClockRateKHz",
          "pciDeviceId",
          "isTccDriver",
          "supportCoopLaunch");

  /**
   * A device that is described here, or in a file.
   *
   * @param nameOrFile one of {@link #NAMES}, or a path
   * @throws IllegalArgumentException if there is no such device or file, or the file is none
   */
  public static DeviceDescription of(String nameOrFile) {
    if (NAMES.contains(nameOrFile)) {
      return resource(nameOrFile + ".json");
    }
    Path file = Path.of(nameOrFile);
    try {
      if (!Files.isRegularFile(file)) {
        throw new IllegalArgumentException(
            "no device " + nameOrFile + ": give a file of JSON, or one of " + NAMES);
      }
      if (Files.size(file) > LARGEST_FILE) {
        throw new IllegalArgumentException(
            nameOrFile + " is no description of a device: it has " + Files.size(file) + " bytes");
      }
      return parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), nameOrFile);
    } catch (IOException e) {
      throw new IllegalArgumentException(nameOrFile + " cannot be read: " + e, e);
    }
  }

  private static DeviceDescription resource(String file) {
    try (InputStream in = DeviceDescription.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not beside its class");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A device that JSON describes.
   *
   * @param source where the text is from, for errors
   * @throws IllegalArgumentException if it is no JSON, or lacks a member
   */
  public static DeviceDescription parse(String json, String source) {
    Members members;
    try {
      members = new Members(source, Json.object(json));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(source + " is not JSON: " + e.getMessage(), e);
    }
    NUMBERS.forEach(members::number);
    members.extents("maxGridSize");
    members.extents("maxBlockSize");
    int version = (int) members.number("deviceVer");
    int multiprocessors = (int) members.number("multiProcessorCount");
    double clock = members.number("smClockRateKHz") * 1e3;
    // Two transfers a clock.
    double bandwidth =
        2e3 * members.number("memClockRateKHz") * members.number("memoryBusWidth", 384) / 8;
    return new DeviceDescription(
        members.text("deviceName"),
        version / 100 + "." + version / 10 % 10,
        multiprocessors,
        (long) members.number("totalGlobalMem"),
        members.number("memoryBandwidth", bandwidth),
        members.number("peakHalfFlops", clock * multiprocessors * halfFlops(version)),
        json);
  }

  /** The operations on numbers of 16 bits that a multiprocessor of a generation does in a clock. */
  private static int halfFlops(int version) {
    return switch (version / 10) {
      case 80 -> 2048;
      case 90 -> 4096;
      case 100, 103 -> 8192;
      default -> 1024;
    };
  }

  /** The members of an object, and where it is from. */
  private record Members(String source, Map<String, Object> map) {
    double number(String name) {
      if (!(map.get(name) instanceof Double number) || !(number >= 0)) {
        throw lacks(name, "a number");
      }
      return number;
    }

    double number(String name, double otherwise) {
      return map.containsKey(name) ? number(name) : otherwise;
    }

    String text(String name) {
      if (!(map.get(name) instanceof String text) || text.isBlank()) {
        throw lacks(name, "a text");
      }
      return text;
    }

    void extents(String name) {
      if (!(map.get(name) instanceof List<?> list)
          || list.size() != 3
          || !list.stream().allMatch(Double.class::isInstance)) {
        throw lacks(name, "three numbers");
      }
    }

    private IllegalArgumentException lacks(String name, String what) {
      Object found = map.get(name);
      return new IllegalArgumentException(
          "%s does not describe a device: %s must be %s, %s"
              .formatted(source, name, what, found == null ? "and is absent" : "and is " + found));
    }
  }
}
