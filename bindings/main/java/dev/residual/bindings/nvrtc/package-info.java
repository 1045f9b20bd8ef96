/** NVRTC, which compiles CUDA C++: generated declarations and the library. */
package dev.residual.bindings.nvrtc;
