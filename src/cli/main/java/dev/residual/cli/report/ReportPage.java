package dev.residual.cli.report;

import dev.residual.cli.output.Text;
import dev.residual.cli.picture.PngFile;
import dev.residual.io.files.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A page of HTML that holds all it shows: no scripts, and nothing from a network. */
public final class ReportPage {
  private static final Pattern NUMBER = Pattern.compile("-|[-+\\d.,]+( ?%)?");
  private static final String STYLE =
      """
      body { font: 15px/1.4 sans-serif; color: #222; background: #fff; margin: 2em auto;
        max-width: 1180px; padding: 0 1em }
      h1 { font-size: 24px } h2 { font-size: 18px; margin-top: 2em }
      table { border-collapse: collapse }
      th { text-align: left; position: sticky; top: 0; background: #fff }
      th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid #ddd; vertical-align: top }
      td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
      td { overflow-wrap: anywhere }
      .scroll { display: inline-block; max-width: 100%; max-height: 34em; overflow: auto }
      img { max-width: 100%; height: auto }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;
  private String head = "";

  /** A page with a title, and nothing below it. */
  public ReportPage(String title) {
    this.title = title;
    body.append("<h1>").append(escaped(title)).append("</h1>\n");
  }

  /** Browsers load it anew every so many seconds. */
  public ReportPage reloaded(int seconds) {
    head = "<meta http-equiv=\"refresh\" content=\"%d\">\n".formatted(seconds);
    return this;
  }

  /** Adds the title of a section. */
  public ReportPage section(String text) {
    body.append("<h2>").append(escaped(text)).append("</h2>\n");
    return this;
  }

  /** Adds a paragraph. */
  public ReportPage paragraph(String text) {
    body.append("<p>").append(escaped(text)).append("</p>\n");
    return this;
  }

  /** Adds a picture. */
  public ReportPage picture(String description, BufferedImage picture) throws IOException {
    body.append(
        "<p><img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"data:image/png;base64,%s\"></p>\n"
            .formatted(
                escaped(description),
                picture.getWidth(),
                picture.getHeight(),
                Base64.getEncoder().encodeToString(PngFile.bytes(picture))));
    return this;
  }

  /** Adds a table; numbers stand to the right. */
  public ReportPage table(List<String> header, List<List<String>> rows) {
    body.append("<div class=\"scroll\"><table>\n<tr>");
    header.forEach(cell -> body.append("<th>").append(escaped(cell)).append("</th>"));
    body.append("</tr>\n");
    for (List<String> row : rows) {
      body.append("<tr>");
      row.forEach(this::cell);
      body.append("</tr>\n");
    }
    body.append("</table></div>\n");
    return this;
  }

  /** Adds a table of names and what they stand for. */
  public ReportPage facts(Map<String, String> facts) {
    List<List<String>> rows =
        facts.entrySet().stream().map(fact -> List.of(fact.getKey(), fact.getValue())).toList();
    return table(List.of(), rows);
  }

  private void cell(String text) {
    body.append(NUMBER.matcher(text).matches() ? "<td class=\"number\">" : "<td>")
        .append(escaped(text))
        .append("</td>");
  }

  /** Replaces a file by the page. */
  public void write(Path file) throws IOException {
    String page =
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        %s<title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        %s</body>
        </html>
        """
            .formatted(head, escaped(title), STYLE, body);
    AtomicFile.write(file, out -> out.write(page.getBytes(StandardCharsets.UTF_8)));
  }

  private static String escaped(String text) {
    return Text.line(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
