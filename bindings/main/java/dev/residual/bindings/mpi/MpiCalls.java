package dev.residual.bindings.mpi;

import dev.residual.bindings.mpi.library.MpiLibrary;
import java.lang.foreign.MemorySegment;

/**
 * The calls of MPI on a copy of {@code MPI_COMM_WORLD}, whatever handles the implementation has.
 *
 * <p>Each returns MPI's status, 0 for success, and writes results to memory off the heap. What a
 * request points to must stay as it is until {@link #test} says that it is done. One thread at a
 * time may call, and {@link #duplicate} comes before whatever uses the copy.
 */
public sealed interface MpiCalls permits MpichCalls, OpenMpiCalls {

  /** The bytes of a request or another handle, of either implementation. */
  long HANDLE_BYTES = 8;

  /** The bytes of the longest text that MPI writes, of either implementation. */
  long TEXT_BYTES = 8192;

  /** The calls of the library that there is. */
  static MpiCalls ofLibrary() {
    return MpiLibrary.isOpenMpi() ? new OpenMpiCalls() : new MpichCalls();
  }

  /** The implementation whose binary interface the library has. */
  String abi();

  /** Begins MPI, for threads that call one at a time; writes the level of threads that it has. */
  int begin(MemorySegment level);

  /** Writes whether MPI has begun. */
  int hasBegun(MemorySegment flag);

  /** Ends MPI. */
  int end();

  /** Makes the copy, whose errors are returned and end no process. */
  int duplicate();

  /** Writes the number of this process, from 0. */
  int rank(MemorySegment rank);

  /** Writes the number of processes. */
  int size(MemorySegment size);

  /** Begins to replace floats by their sums over all processes. */
  int sumFloats(MemorySegment floats, int count, MemorySegment request);

  /** Begins to replace doubles by their sums over all processes. */
  int sumDoubles(MemorySegment doubles, int count, MemorySegment request);

  /** Begins to replace bytes by those of one process. */
  int broadcast(MemorySegment bytes, int count, int root, MemorySegment request);

  /** Begins to collect as many bytes of each process, in the order of their numbers. */
  int gather(MemorySegment bytes, int count, MemorySegment all, MemorySegment request);

  /** Begins to send bytes to a process. */
  int send(MemorySegment bytes, int count, int to, int tag, MemorySegment request);

  /** Writes whether a message with this tag has come, from whomever. */
  int probe(int tag, MemorySegment flag);

  /** Takes a message with this tag, and waits for it. */
  int receive(MemorySegment bytes, int count, int tag);

  /** Writes whether a request is done; then it is void. */
  int test(MemorySegment request, MemorySegment flag);

  /** Writes what a status means, ended by 0, and its length. */
  int describe(int status, MemorySegment text, MemorySegment length);

  /** Writes the name and version of the implementation, ended by 0, and their length. */
  int libraryVersion(MemorySegment text, MemorySegment length);
}
