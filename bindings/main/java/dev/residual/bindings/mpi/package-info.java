/**
 * The Message Passing Interface, which is optional: the library, and its calls in the binary
 * interfaces of MPICH and of Open MPI, whose handles differ. Generated declarations are in a
 * package each.
 */
package dev.residual.bindings.mpi;
