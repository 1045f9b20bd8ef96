/** NCCL, which sums between GPUs: generated declarations, the library and calls by addresses. */
package dev.residual.bindings.nccl;
