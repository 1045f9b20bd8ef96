package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.Utf8;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** Names of types, those of the future included. */
  private static final String TYPE_NAME = "[A-Z][A-Z0-9_]{0,30}";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names come from strangers and are seen once: no shared symbol table.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  /**
   * A tensor: where its bytes are.
   *
   * @param layout what it is made of; null if none can be made
   * @param unsupported why none can be made; empty if one can
   * @param begin the first byte, counted from the end of the header
   * @param end the byte after the last
   */
  record Entry(String name, @Nullable Layout layout, String unsupported, long begin, long end) {}

  /** The type and shape of a tensor. */
  record Layout(DType dtype, Shape shape) {}

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
    // Of tensors that begin together, all but the last have no bytes.
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
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
            generator.writeStringProperty("dtype", SafetensorsType.of(tensor.dtype()).name());
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
    JsonToken first = parser.nextToken();
    if (first == JsonToken.VALUE_NULL) {
      return;
    }
    expect(first, JsonToken.START_OBJECT, METADATA);
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
    return entry(name, dtype, shape, offsets.get(0), offsets.get(1));
  }

  private static Entry entry(String name, String dtype, List<Long> shape, long begin, long end)
      throws IOException {
    long[] dims = shape.stream().mapToLong(Long::longValue).toArray();
    SafetensorsType type = SafetensorsType.named(dtype);
    if (type == null && !dtype.matches(TYPE_NAME)) {
      throw new IOException(
          "tensor %s has the type %s".formatted(FileErrors.quote(name), FileErrors.quote(dtype)));
    }
    long elements = elements(name, dims);
    long bytes = type == null ? Math.max(0, end - begin) : bytes(name, elements, type.bits());
    if (end - begin != bytes) {
      throw new IOException(
          "tensor %s: %s %s has %d bytes, but data_offsets are [%d, %d]"
              .formatted(FileErrors.quote(name), dtype, Arrays.toString(dims), bytes, begin, end));
    }
    if (type == null || type.dtype() == null) {
      return new Entry(name, null, dtype, begin, end);
    }
    if (elements == 0) {
      return new Entry(name, null, "no elements", begin, end);
    }
    return new Entry(name, new Layout(type.dtype(), Shapes.of(name, dims)), "", begin, end);
  }

  private static long elements(String name, long... dims) throws IOException {
    long elements = 1;
    for (long dim : dims) {
      elements = dim == 0 ? 0 : product(name, elements, dim);
    }
    return elements;
  }

  private static long bytes(String name, long elements, int bits) throws IOException {
    return Math.ceilDiv(product(name, elements, bits), Byte.SIZE);
  }

  private static long product(String name, long a, long b) throws IOException {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw new IOException(
          "tensor %s has an impossible size".formatted(FileErrors.quote(name)), e);
    }
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
      if (values.size() == Shapes.HIGHEST_RANK) {
        throw new IOException(what + " has more than " + Shapes.HIGHEST_RANK + " numbers");
      }
      values.add(value);
    }
    return values;
  }

  private static void expect(@Nullable JsonToken found, JsonToken expected, String what)
      throws IOException {
    if (found != expected) {
      throw new IOException("%s: expected %s, found %s".formatted(what, expected, found));
    }
  }
}
