package dev.residual.bindings;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The folders for what is made once on a machine and kept: unpacked libraries and measured choices.
 */
public final class CacheFolders {

  private CacheFolders() {}

  /**
   * The folders to try, best first: that of the property {@code residual.cache} and no other, or
   * {@code residual} in the user's cache folder, then one in the folder for temporary files. They
   * need not exist.
   */
  public static List<Path> candidates() {
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
