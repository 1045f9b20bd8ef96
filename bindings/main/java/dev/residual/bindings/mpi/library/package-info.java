/** The library of MPI that this process has. */
package dev.residual.bindings.mpi.library;
