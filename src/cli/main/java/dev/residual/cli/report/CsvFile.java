package dev.residual.cli.report;

import dev.residual.cli.output.Text;
import dev.residual.io.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Tables as comma-separated values (RFC 4180). */
public final class CsvFile {
  private CsvFile() {}

  /** Replaces a file by lines of cells. */
  public static void write(Path file, List<? extends List<?>> lines) throws IOException {
    String text =
        lines.stream()
            .map(line -> line.stream().map(CsvFile::cell).collect(Collectors.joining(",")) + "\n")
            .collect(Collectors.joining());
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String cell(Object content) {
    String text =
        content instanceof Double number ? Text.format("%.6g", number) : content.toString();
    return text.matches("[^\",\\p{Cntrl}]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
