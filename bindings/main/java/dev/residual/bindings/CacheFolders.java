package dev.residual.bindings;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where carried libraries may be unpacked, best first. */
final class CacheFolders {

  private CacheFolders() {}

  static List<Path> candidates() {
    return candidates(System::getProperty, System::getenv);
  }

  static List<Path> candidates(
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> environment) {
    String chosen = properties.apply("residual.cache");
    if (isSet(chosen)) {
      // The user's choice is not silently replaced by another.
      return List.of(Path.of(chosen));
    }
    List<Path> folders = new ArrayList<>();
    String xdg = environment.apply("XDG_CACHE_HOME");
    String home = properties.apply("user.home");
    if (isSet(xdg) && Path.of(xdg).isAbsolute()) {
      folders.add(Path.of(xdg, "residual"));
    } else if (isSet(home) && Path.of(home).isAbsolute()) {
      folders.add(Path.of(home, ".cache", "residual"));
    }
    String temporary = properties.apply("java.io.tmpdir");
    if (isSet(temporary)) {
      // Shared by all users of the machine, hence a folder for each.
      folders.add(Path.of(temporary, "residual-" + properties.apply("user.name")));
    }
    return folders;
  }

  private static boolean isSet(@Nullable String value) {
    return value != null && !value.isBlank();
  }
}
