package dev.residual.bindings.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.mpi.mpich.Mpich;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The calls of MPICH, of which handles are numbers. */
final class MpichCalls implements MpiCalls {
  private int world;

  @Override
  public String abi() {
    return "MPICH";
  }

  @Override
  public int begin(MemorySegment level) {
    return Mpich.MPI_Init_thread(
        MemorySegment.NULL, MemorySegment.NULL, Mpich.MPI_THREAD_SERIALIZED(), level);
  }

  @Override
  public int hasBegun(MemorySegment flag) {
    return Mpich.MPI_Initialized(flag);
  }

  @Override
  public int end() {
    return Mpich.MPI_Finalize();
  }

  @Override
  public int duplicate() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(JAVA_INT);
      int status = Mpich.MPI_Comm_dup(Mpich.MPI_COMM_WORLD(), copy);
      world = copy.get(JAVA_INT, 0);
      return status != 0 ? status : Mpich.MPI_Comm_set_errhandler(world, Mpich.MPI_ERRORS_RETURN());
    }
  }

  @Override
  public int rank(MemorySegment rank) {
    return Mpich.MPI_Comm_rank(world, rank);
  }

  @Override
  public int size(MemorySegment size) {
    return Mpich.MPI_Comm_size(world, size);
  }

  @Override
  public int sumFloats(MemorySegment floats, int count, MemorySegment request) {
    return sum(floats, count, Mpich.MPI_FLOAT(), request);
  }

  @Override
  public int sumDoubles(MemorySegment doubles, int count, MemorySegment request) {
    return sum(doubles, count, Mpich.MPI_DOUBLE(), request);
  }

  private int sum(MemorySegment numbers, int count, int type, MemorySegment request) {
    return Mpich.MPI_Iallreduce(
        Mpich.MPI_IN_PLACE(), numbers, count, type, Mpich.MPI_SUM(), world, request);
  }

  @Override
  public int broadcast(MemorySegment bytes, int count, int root, MemorySegment request) {
    return Mpich.MPI_Ibcast(bytes, count, Mpich.MPI_BYTE(), root, world, request);
  }

  @Override
  public int gather(MemorySegment bytes, int count, MemorySegment all, MemorySegment request) {
    int type = Mpich.MPI_BYTE();
    return Mpich.MPI_Iallgather(bytes, count, type, all, count, type, world, request);
  }

  @Override
  public int send(MemorySegment bytes, int count, int to, int tag, MemorySegment request) {
    return Mpich.MPI_Isend(bytes, count, Mpich.MPI_BYTE(), to, tag, world, request);
  }

  @Override
  public int probe(int tag, MemorySegment flag) {
    return Mpich.MPI_Iprobe(Mpich.MPI_ANY_SOURCE(), tag, world, flag, Mpich.MPI_STATUS_IGNORE());
  }

  @Override
  public int receive(MemorySegment bytes, int count, int tag) {
    return Mpich.MPI_Recv(
        bytes,
        count,
        Mpich.MPI_BYTE(),
        Mpich.MPI_ANY_SOURCE(),
        tag,
        world,
        Mpich.MPI_STATUS_IGNORE());
  }

  @Override
  public int test(MemorySegment request, MemorySegment flag) {
    return Mpich.MPI_Test(request, flag, Mpich.MPI_STATUS_IGNORE());
  }

  @Override
  public int describe(int status, MemorySegment text, MemorySegment length) {
    return Mpich.MPI_Error_string(status, text, length);
  }

  @Override
  public int libraryVersion(MemorySegment text, MemorySegment length) {
    return Mpich.MPI_Get_library_version(text, length);
  }
}
