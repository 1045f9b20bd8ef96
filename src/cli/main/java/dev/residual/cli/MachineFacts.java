package dev.residual.cli;

import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where and when something was computed, for reports. */
final class MachineFacts {
  private MachineFacts() {}

  /** The machine and the moment, after a fact of the caller's. */
  static Map<String, String> with(String name, String fact) {
    Host host = Host.current();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(name, fact);
    facts.put(
        "written",
        ZonedDateTime.now(ZoneId.systemDefault()).format(DateTimeFormatter.RFC_1123_DATE_TIME));
    facts.put("processor", host.processor());
    facts.put("cores", Runtime.getRuntime().availableProcessors() + ", " + host.quota());
    facts.put("memory", host.memory());
    facts.put("Java", Runtime.version().toString());
    facts.put("residual", Version.current());
    return facts;
  }
}
