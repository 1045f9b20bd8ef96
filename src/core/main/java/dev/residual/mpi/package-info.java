/** Processes that work together over the Message Passing Interface. */
package dev.residual.mpi;
