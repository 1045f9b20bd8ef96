package dev.residual.io;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON header of a safetensors file.
 *
 * @param entries the tensors, in the order of the header
 * @param metadata the strings of {@code __metadata__}
 */
record SafetensorsHeader(List<Entry> entries, SequencedMap<String, String> metadata) {
  static final String METADATA = "__metadata__";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names come from strangers and are seen once: no shared symbol table.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  /**
   * A tensor: where its bytes are.
   *
   * @param begin the first byte, counted from the end of the header
   * @param end the byte after the last
   */
  record Entry(String name, DType dtype, Shape shape, long begin, long end) {}

  /**
   * Parses a header and checks every entry, but not yet how entries lie to each other.
   *
   * @throws IOException naming the tensor that is wrong
   */
  static SafetensorsHeader parse(byte[] json) throws IOException {
    // A decoder made from newDecoder() reports malformed UTF-8 instead of replacing it.
    var text =
        new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      expect(parser.nextToken(), JsonToken.START_OBJECT, "the header");
      List<Entry> entries = new ArrayList<>();
      SequencedMap<String, String> metadata = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        if (name.equals(METADATA)) {
          readMetadata(parser, metadata);
        } else {
          entries.add(readEntry(parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw new IOException("the header has text after its end");
      }
      return new SafetensorsHeader(entries, metadata);
    } catch (JacksonException e) {
      throw new IOException("the header is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * The entries in the order of their bytes.
   *
   * @throws IOException if they overlap, leave gaps, or do not end where the file ends
   */
  List<Entry> inFileOrder(long dataBytes) throws IOException {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin));
    long position = 0;
    for (Entry entry : sorted) {
      if (entry.end() > dataBytes) {
        throw new IOException(
            "tensor %s ends at byte %d, but the file holds %d bytes of data: truncated?"
                .formatted(FileErrors.quote(entry.name()), entry.end(), dataBytes));
      }
      if (entry.begin() != position) {
        throw new IOException(
            "tensor %s begins at byte %d, but the one before it ends at %d: %s"
                .formatted(
                    FileErrors.quote(entry.name()),
                    entry.begin(),
                    position,
                    entry.begin() < position ? "they overlap" : "a gap"));
      }
      position = entry.end();
    }
    if (position != dataBytes) {
      throw new IOException(
          "the file holds %d bytes after the last tensor".formatted(dataBytes - position));
    }
    return sorted;
  }

  /** The JSON of a header over these tensors, whose data begin at these offsets. */
  static byte[] format(
      Map<String, Tensor> tensors, Map<String, Long> begins, Map<String, String> metadata) {
    var json = new ByteArrayOutputStream();
    try (JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), json)) {
      generator.writeStartObject();
      if (!metadata.isEmpty()) {
        generator.writeObjectPropertyStart(METADATA);
        // Sorted: the iteration order of some maps changes from run to run.
        new TreeMap<>(metadata)
            .forEach(
                (key, value) -> generator.writeStringProperty(Utf8.check(key), Utf8.check(value)));
        generator.writeEndObject();
      }
      tensors.forEach(
          (name, tensor) -> {
            long begin = Objects.requireNonNull(begins.get(name));
            generator.writeObjectPropertyStart(Utf8.check(name));
            generator.writeStringProperty("dtype", name(tensor.dtype()));
            writeIntegers(generator, "shape", tensor.shape().dims());
            generator.writeArrayPropertyStart("data_offsets");
            generator.writeNumber(begin);
            generator.writeNumber(begin + tensor.data().byteSize());
            generator.writeEndArray();
            generator.writeEndObject();
          });
      generator.writeEndObject();
    }
    return json.toByteArray();
  }

  private static void writeIntegers(JsonGenerator generator, String name, int[] values) {
    generator.writeArrayPropertyStart(name);
    for (int value : values) {
      generator.writeNumber(value);
    }
    generator.writeEndArray();
  }

  private static void readMetadata(JsonParser parser, SequencedMap<String, String> metadata)
      throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, METADATA);
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = parser.currentName();
      expect(parser.nextToken(), JsonToken.VALUE_STRING, METADATA + " " + FileErrors.quote(key));
      metadata.put(key, parser.getString());
    }
  }

  private static Entry readEntry(JsonParser parser, String name) throws IOException {
    String tensor = "tensor " + FileErrors.quote(name);
    expect(parser.nextToken(), JsonToken.START_OBJECT, tensor);
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      switch (parser.currentName()) {
        case "dtype" -> {
          expect(parser.nextToken(), JsonToken.VALUE_STRING, tensor + ": dtype");
          dtype = parser.getString();
        }
        case "shape" -> shape = readIntegers(parser, tensor + ": shape");
        case "data_offsets" -> offsets = readIntegers(parser, tensor + ": data_offsets");
        default -> {
          parser.nextToken();
          parser.skipChildren();
        }
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
      throw new IOException(tensor + " needs a dtype, a shape and two data_offsets");
    }
    return entry(name, dtype(tensor, dtype), shape, offsets.get(0), offsets.get(1));
  }

  private static Entry entry(String name, DType dtype, List<Long> dims, long begin, long end)
      throws IOException {
    Shape shape = Shapes.of(name, dims.stream().mapToLong(Long::longValue).toArray());
    long bytes = shape.elements() * dtype.bytes();
    if (begin > end || end - begin != bytes) {
      throw new IOException(
          "tensor %s: %s %s has %d bytes, but data_offsets are [%d, %d]"
              .formatted(FileErrors.quote(name), dtype, shape, bytes, begin, end));
    }
    return new Entry(name, dtype, shape, begin, end);
  }

  private static List<Long> readIntegers(JsonParser parser, String what) throws IOException {
    expect(parser.nextToken(), JsonToken.START_ARRAY, what);
    List<Long> values = new ArrayList<>();
    JsonToken token;
    while ((token = parser.nextToken()) != JsonToken.END_ARRAY) {
      expect(token, JsonToken.VALUE_NUMBER_INT, what);
      long value = parser.getLongValue();
      if (value < 0) {
        throw new IOException(what + " has the negative number " + value);
      }
      values.add(value);
    }
    return values;
  }

  private static DType dtype(String tensor, String name) throws IOException {
    return switch (name) {
      case "F64" -> DType.F64;
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      case "I64" -> DType.I64;
      case "I32" -> DType.I32;
      case "I8" -> DType.S8;
      case "U8" -> DType.U8;
      default ->
          throw new IOException(
              "%s has the type %s; supported are F64 F32 F16 BF16 I64 I32 I8 U8"
                  .formatted(tensor, FileErrors.quote(name)));
    };
  }

  /** The name of an element type in a header. */
  static String name(DType dtype) {
    return dtype == DType.S8 ? "I8" : dtype.name();
  }

  private static void expect(@Nullable JsonToken found, JsonToken expected, String what)
      throws IOException {
    if (found != expected) {
      throw new IOException("%s: expected %s, found %s".formatted(what, expected, found));
    }
  }
}
