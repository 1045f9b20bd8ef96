/**
 * The CPU backend: graphs lowered to primitives of oneDNN and to Residual's own kernels.
 *
 * <ul>
 *   <li>Compilation: {@code OneDnnTarget}, {@code OneDnnLowering}, and {@code OpLowering}, the
 *       switch over all operations.
 *   <li>{@code Kernel*}, such as {@code KernelNorms}: operations by our own kernels. {@code
 *       KernelArguments} and {@code KernelStep} call them.
 *   <li>{@code Convolutions}, {@code InnerProducts}, {@code BatchNorms} and the like: operations by
 *       oneDNN. {@code Primitives} and {@code PrimitiveStep} call it.
 *   <li>Other classes {@code *Step}: operations by plain loops in Java.
 *   <li>{@code AlgorithmChoice}, {@code Choices}: which algorithm computes a convolution.
 *   <li>{@code KernelTrials}, {@code ConvolutionTrial}, {@code KnownFaults}: whether it is right.
 * </ul>
 */
package dev.residual.backend.onednn;
