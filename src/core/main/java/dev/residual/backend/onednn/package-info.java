/** The CPU backend: graphs lowered to primitives of oneDNN and to Residual's own kernels. */
package dev.residual.backend.onednn;
