package dev.residual.bindings.mpi.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.OptionalLibrary;
import dev.residual.bindings.VersionRange;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

/**
 * The MPI library of this process: needed for trainings of several processes alone.
 *
 * <p>Looked for once: the kind that the process was started by, else MPICH's, then Open MPI's.
 * {@code -Dresidual.mpi.path} names another library. Safe for use by several threads.
 */
public final class MpiLibrary {

  /** The first with collective operations that do not block. */
  public static final LibraryVersion NEEDED = new LibraryVersion(3, 0, 0);

  /** The names of MPICH's binary interface, which Intel MPI and MVAPICH share. */
  private static final List<String> MPICH = List.of("libmpich.so.12", "libmpi.so.12");

  private static final List<String> OPEN_MPI = List.of("libmpi.so.40");

  private static final OptionalLibrary LIBRARY =
      new OptionalLibrary(
          "residual.mpi",
          new LibrarySearch(
              "MPI",
              "residual.mpi.path",
              List.of(new LibraryPlace.SystemLoader()),
              fileNames(System.getenv()),
              List.of(),
              VersionRange.since(NEEDED),
              MpiLibrary::version,
              "apt-get install mpich (Debian) or dnf install mpich (Fedora), or openmpi"));

  private MpiLibrary() {}

  /** Whether the library can be used. */
  public static boolean isAvailable() {
    return LIBRARY.isAvailable();
  }

  /**
   * The library.
   *
   * @throws NativeLibraryException if it is missing
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  /** Whether handles are pointers, as Open MPI's are, and not MPICH's numbers. */
  public static boolean isOpenMpi() {
    return library().has("ompi_mpi_comm_world");
  }

  /** The names to look for, those of the launcher's kind first. */
  static List<String> fileNames(Map<String, String> environment) {
    boolean isOpenMpi = environment.containsKey("OMPI_COMM_WORLD_SIZE");
    return List.of(isOpenMpi ? OPEN_MPI : MPICH, isOpenMpi ? MPICH : OPEN_MPI).stream()
        .flatMap(List::stream)
        .toList();
  }

  /** The version of the standard. */
  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version =
        library.handle("MPI_Get_version", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      int status = (int) version.invokeExact(major, minor);
      return status == 0
          ? new LibraryVersion(major.get(JAVA_INT, 0), minor.get(JAVA_INT, 0), 0)
          : new LibraryVersion(0, 0, 0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The address of a function for generated code: 0 where it or the library is missing. */
  public static MemorySegment address(String function) {
    return NativeLibrary.addressIn(LIBRARY, function);
  }

  /** A handle for generated code: where something is missing, one that throws the report. */
  public static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return NativeLibrary.handleIn(LIBRARY, function, descriptor);
  }
}
