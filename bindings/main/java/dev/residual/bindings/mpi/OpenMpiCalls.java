package dev.residual.bindings.mpi;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.residual.bindings.mpi.library.MpiLibrary;
import dev.residual.bindings.mpi.openmpi.OpenMpi;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The calls of Open MPI, of which handles are the addresses of its variables. */
final class OpenMpiCalls implements MpiCalls {
  private MemorySegment world = MemorySegment.NULL;

  @Override
  public String abi() {
    return "Open MPI";
  }

  @Override
  public int begin(MemorySegment level) {
    return OpenMpi.MPI_Init_thread(
        MemorySegment.NULL, MemorySegment.NULL, OpenMpi.MPI_THREAD_SERIALIZED(), level);
  }

  @Override
  public int hasBegun(MemorySegment flag) {
    return OpenMpi.MPI_Initialized(flag);
  }

  @Override
  public int end() {
    return OpenMpi.MPI_Finalize();
  }

  @Override
  public int duplicate() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(ADDRESS);
      int status = OpenMpi.MPI_Comm_dup(MpiLibrary.address("ompi_mpi_comm_world"), copy);
      world = copy.get(ADDRESS, 0);
      return status != 0
          ? status
          : OpenMpi.MPI_Comm_set_errhandler(world, MpiLibrary.address("ompi_mpi_errors_return"));
    }
  }

  @Override
  public int rank(MemorySegment rank) {
    return OpenMpi.MPI_Comm_rank(world, rank);
  }

  @Override
  public int size(MemorySegment size) {
    return OpenMpi.MPI_Comm_size(world, size);
  }

  @Override
  public int sumFloats(MemorySegment floats, int count, MemorySegment request) {
    return sum(floats, count, MpiLibrary.address("ompi_mpi_float"), request);
  }

  @Override
  public int sumDoubles(MemorySegment doubles, int count, MemorySegment request) {
    return sum(doubles, count, MpiLibrary.address("ompi_mpi_double"), request);
  }

  private int sum(MemorySegment numbers, int count, MemorySegment type, MemorySegment request) {
    return OpenMpi.MPI_Iallreduce(
        OpenMpi.MPI_IN_PLACE(),
        numbers,
        count,
        type,
        MpiLibrary.address("ompi_mpi_op_sum"),
        world,
        request);
  }

  @Override
  public int broadcast(MemorySegment bytes, int count, int root, MemorySegment request) {
    return OpenMpi.MPI_Ibcast(
        bytes, count, MpiLibrary.address("ompi_mpi_byte"), root, world, request);
  }

  @Override
  public int gather(MemorySegment bytes, int count, MemorySegment all, MemorySegment request) {
    MemorySegment type = MpiLibrary.address("ompi_mpi_byte");
    return OpenMpi.MPI_Iallgather(bytes, count, type, all, count, type, world, request);
  }

  @Override
  public int send(MemorySegment bytes, int count, int to, int tag, MemorySegment request) {
    return OpenMpi.MPI_Isend(
        bytes, count, MpiLibrary.address("ompi_mpi_byte"), to, tag, world, request);
  }

  @Override
  public int probe(int tag, MemorySegment flag) {
    return OpenMpi.MPI_Iprobe(
        OpenMpi.MPI_ANY_SOURCE(), tag, world, flag, OpenMpi.MPI_STATUS_IGNORE());
  }

  @Override
  public int receive(MemorySegment bytes, int count, int tag) {
    return OpenMpi.MPI_Recv(
        bytes,
        count,
        MpiLibrary.address("ompi_mpi_byte"),
        OpenMpi.MPI_ANY_SOURCE(),
        tag,
        world,
        OpenMpi.MPI_STATUS_IGNORE());
  }

  @Override
  public int test(MemorySegment request, MemorySegment flag) {
    return OpenMpi.MPI_Test(request, flag, OpenMpi.MPI_STATUS_IGNORE());
  }

  @Override
  public int describe(int status, MemorySegment text, MemorySegment length) {
    return OpenMpi.MPI_Error_string(status, text, length);
  }

  @Override
  public int libraryVersion(MemorySegment text, MemorySegment length) {
    return OpenMpi.MPI_Get_library_version(text, length);
  }
}
