package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.DynamicLoader.LoaderException;
import dev.residual.bindings.NativeLibraryException.Reason;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Each way in which a library can fail to be found has its own reason and its own remedy. */
@EnabledOnOs(OS.LINUX)
class LibrarySearchTest {

  private static final String PROPERTY = "residual.test.path";

  @TempDir Path folder;

  @AfterEach
  void clear() {
    System.clearProperty(PROPERTY);
    System.clearProperty("residual.cache");
  }

  @Test
  void aChosenFileIsLoaded() throws Exception {
    Path file = choose(FakeLibrary.ofVersion(folder.resolve("libdnnl.so.3"), 3, 9, 1));
    assertThat(search(null).load().location()).isEqualTo(file.toString());
  }

  @Test
  void aChosenFolderIsSearched() throws Exception {
    Path file = FakeLibrary.ofVersion(folder.resolve("libdnnl.so.3"), 3, 9, 1);
    choose(folder);
    assertThat(search(null).load().location()).isEqualTo(file.toString());
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = choose(folder.resolve("libdnnl.so.3"));
    NativeLibraryException e = failure(search("onednn"));
    assertThat(e.reason()).isEqualTo(Reason.MISSING);
    assertThat(e)
        .hasMessageContaining(file + ": there is no such file")
        .hasMessageContaining("java -D" + PROPERTY);
    assertThat(e.attempts()).as("a choice is not silently replaced").hasSize(1);
  }

  @Test
  void aMissingSystemLibraryIsReportedInTheLoadersOwnWords() {
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.MISSING);
    assertThat(e)
        .hasMessageContaining("cannot open shared object file: No such file or directory")
        .hasMessageContaining("do this");
  }

  @Test
  void anOldVersionIsNamedWithTheOneNeeded() throws Exception {
    choose(FakeLibrary.ofVersion(folder.resolve("libdnnl.so.2"), 2, 6, 3));
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.TOO_OLD);
    assertThat(e).hasMessageContaining("it is fake 2.6.3, and 3.5.0 or a later 3.x is needed");
  }

  @Test
  void anUnreadableFileIsNamed() throws Exception {
    // A folder in place of the file: unlike permissions, that stops root as well.
    Files.createDirectory(folder.resolve("libdnnl.so.3"));
    choose(folder);
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
    assertThat(e).hasMessageContaining("it cannot be read").hasMessageContaining("chmod a+r");
  }

  @Test
  void aFileThatIsNoLibraryIsNamed() throws Exception {
    choose(Files.writeString(folder.resolve("libdnnl.so.3"), "<html>404 Not Found</html>"));
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.NOT_A_LIBRARY);
    assertThat(e)
        .hasMessageContaining("it is not an ELF file, it begins with the bytes 3c 68 74 6d 6c");
  }

  @Test
  void aLibraryThatIsCutOffIsNamedBeforeItCrashesTheLoader() throws Exception {
    Path file = FakeLibrary.ofVersion(folder.resolve("libdnnl.so.3"), 3, 9, 1);
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {whole.length / 2, 700, 40}) {
      choose(Files.write(file, Arrays.copyOf(whole, length)));
      NativeLibraryException e = failure(search(null));
      assertThat(e.reason()).isEqualTo(Reason.DAMAGED);
      assertThat(e).hasMessageContaining("it is cut off: it has " + length + " bytes");
    }
  }

  @Test
  void aLibraryForAnotherProcessorIsNamed() throws Exception {
    Path file = FakeLibrary.ofVersion(folder.resolve("libdnnl.so.3"), 3, 9, 1);
    byte[] content = Files.readAllBytes(file);
    content[18] = (byte) (content[18] == 62 ? 183 : 62);
    choose(Files.write(file, content));
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.OTHER_PLATFORM);
    assertThat(e)
        .hasMessageContaining("it is built for ")
        .hasMessageContaining("this JVM runs on linux-");
  }

  @Test
  void aPlatformForWhichNoneIsCarriedIsNamed() {
    System.setProperty("residual.cache", folder.toString());
    NativeLibraryException e =
        failure(search("onednn"), new Platform("linux", "riscv64"), DynamicLoader::new);
    assertThat(e.reason()).isEqualTo(Reason.OTHER_PLATFORM);
    assertThat(e).hasMessageContaining("none is carried for linux-riscv64");
    assertThat(e.attempts()).as("the system's library is tried as well").hasSize(2);
  }

  @Test
  void anOperatingSystemWithoutDlopenIsNamed() {
    Supplier<DynamicLoader> none =
        () -> {
          throw new NoSuchElementException("dlopen");
        };
    NativeLibraryException e = failure(search("onednn"), new Platform("windows", "x86_64"), none);
    assertThat(e.reason()).isEqualTo(Reason.OTHER_PLATFORM);
    assertThat(e).hasMessageContaining("windows-x86_64").hasMessageContaining("run on Linux");
  }

  @Test
  void aLibraryWithoutTheFunctionIsNotTheLibrary() throws Exception {
    choose(FakeLibrary.compile(folder.resolve("libdnnl.so.3"), "int something_else;"));
    NativeLibraryException e = failure(search(null));
    assertThat(e.reason()).isEqualTo(Reason.SYMBOL_ABSENT);
    assertThat(e).hasMessageContaining("it has no symbol dnnl_version, so it is not fake");
  }

  @Test
  void aFolderWithoutExecutionIsNamed() throws Exception {
    choose(FakeLibrary.ofVersion(folder.resolve("libdnnl.so.3"), 3, 9, 1));
    NativeLibraryException e = failure(search(null), Platform.current(), NoexecLoader::new);
    assertThat(e.reason()).isEqualTo(Reason.NOT_EXECUTABLE);
    assertThat(e).hasMessageContaining("noexec").hasMessageContaining("java -Dresidual.cache=");
  }

  @Test
  void aFolderMountedNoexecIsNamed() throws Exception {
    Path mounted = Files.createDirectory(folder.resolve("noexec"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "noexec", "none", mounted.toString()),
        "only root may mount");
    try {
      choose(FakeLibrary.ofVersion(mounted.resolve("libdnnl.so.3"), 3, 9, 1));
      assertThat(failure(search(null)).reason()).isEqualTo(Reason.NOT_EXECUTABLE);
    } finally {
      run("umount", "--lazy", mounted.toString());
    }
  }

  @Test
  void placesAreTriedInTheirOrderUntilOneServes() throws Exception {
    Path old = Files.createDirectory(folder.resolve("old"));
    Path good = Files.createDirectory(folder.resolve("good"));
    FakeLibrary.ofVersion(old.resolve("libfake.so.3"), 3, 4, 9);
    Path file = FakeLibrary.ofVersion(good.resolve("libfake.so.3"), 3, 5, 0);
    assertThat(in(folder.resolve("none"), old, good, old).load().location())
        .isEqualTo(file.toString());
    NativeLibraryException e = failure(in(folder.resolve("none"), old));
    assertThat(e.attempts()).hasSize(2);
    assertThat(e.attempts().getFirst().words())
        .isEqualTo("there is no libfake.so.3 in " + folder.resolve("none"));
    assertThat(e)
        .hasMessageStartingWith(
            "no usable fake 3.5.0 or later for %s: the folder old: %s: it is fake 3.4.9, and 3.5.0 or a later 3.x is needed; do this\n"
                .formatted(Platform.current(), old.resolve("libfake.so.3")));
  }

  @Test
  void ofALibraryThatIsNowhereTheFirstLineSaysSo() {
    assertThat(failure(in(folder.resolve("a"), folder.resolve("b"))))
        .hasMessageStartingWith(
            "no usable fake 3.5.0 or later for %s: in none of 2 places; do this\n"
                .formatted(Platform.current()));
  }

  @Test
  void foldersAreNotAskedForOnceThereIsALibrary() throws Exception {
    FakeLibrary.ofVersion(folder.resolve("libfake.so.3"), 3, 5, 0);
    Supplier<List<Path>> unasked =
        () -> {
          throw new AssertionError("asked");
        };
    LibrarySearch search =
        places(
            List.of(
                new LibraryPlace.Folders("first", () -> List.of(folder)),
                new LibraryPlace.Folders("second", unasked)));
    assertThat(search.load().location()).startsWith(folder.toString());
  }

  @Test
  void siblingsAreLoadedFirstSoThatTheLibraryFindsThemByName() throws Exception {
    // The name inside differs from that of the file, as links and copies have it.
    FakeLibrary.compile(
        folder.resolve("libfake-part.so.1.2"), "int part = 7;", "-Wl,-soname,libfake-part.so.1");
    FakeLibrary.compile(
        folder.resolve("libfake.so.3"),
        """
        #include <dlfcn.h>
        static struct { int major, minor, patch; } v = {3, 9};
        const void *dnnl_version(void) {
          void *part = dlopen("libfake-part.so.1", RTLD_NOW);
          v.patch = part ? *(int *)dlsym(part, "part") : 0;
          return &v;
        }
        """);
    LibrarySearch search = in(folder);
    assertThat(version(search.load()).patch()).isEqualTo(7);
  }

  private static LibrarySearch in(Path... folders) {
    return places(
        Stream.of(folders)
            .<LibraryPlace>map(
                f -> new LibraryPlace.Folders("the folder " + f.getFileName(), () -> List.of(f)))
            .toList());
  }

  private static LibrarySearch places(List<LibraryPlace> places) {
    return new LibrarySearch(
        "fake",
        null,
        places,
        List.of("libfake.so.3"),
        List.of("libfake-part.so.*[0-9]"),
        VersionRange.sameMajor(new LibraryVersion(3, 5, 0)),
        LibrarySearchTest::version,
        "do this");
  }

  private static boolean run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private Path choose(Path path) {
    System.setProperty(PROPERTY, path.toString());
    return path;
  }

  private static LibrarySearch search(String carried) {
    return new LibrarySearch(
        "fake",
        PROPERTY,
        carried == null
            ? List.of(new LibraryPlace.SystemLoader())
            : List.of(new LibraryPlace.Carried(carried), new LibraryPlace.SystemLoader()),
        // A machine that runs this test may have oneDNN installed, so the system's loader is asked
        // for another name.
        System.getProperty(PROPERTY) == null
            ? List.of("libabsent.so.3")
            : List.of("libdnnl.so.3", "libdnnl.so.2"),
        List.of(),
        VersionRange.sameMajor(new LibraryVersion(3, 5, 0)),
        LibrarySearchTest::version,
        "do this");
  }

  private static LibraryVersion version(NativeLibrary library) {
    try {
      MemorySegment numbers =
          ((MemorySegment)
                  library
                      .handle("dnnl_version", FunctionDescriptor.of(ValueLayout.ADDRESS))
                      .invokeExact())
              .reinterpret(12);
      return new LibraryVersion(
          numbers.getAtIndex(ValueLayout.JAVA_INT, 0),
          numbers.getAtIndex(ValueLayout.JAVA_INT, 1),
          numbers.getAtIndex(ValueLayout.JAVA_INT, 2));
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static NativeLibraryException failure(LibrarySearch search) {
    return failure(search, Platform.current(), DynamicLoader::new);
  }

  private static NativeLibraryException failure(
      LibrarySearch search, Platform platform, Supplier<DynamicLoader> loader) {
    return catchThrowableOfType(NativeLibraryException.class, () -> search.load(platform, loader));
  }

  /** Says what glibc says of a library in a folder mounted noexec. */
  private static final class NoexecLoader extends DynamicLoader {
    @Override
    SymbolLookup open(String name) throws LoaderException {
      throw new LoaderException(name + ": failed to map segment from shared object");
    }
  }
}
