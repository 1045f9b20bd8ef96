/**
 * oneDNN, the library of primitives for deep learning on CPUs.
 *
 * <p>{@code Dnnl} is generated from its headers and mirrors them one to one: C names, C integers,
 * statuses returned. Call {@link dev.residual.bindings.onednn.OneDnn#library} first, which loads
 * oneDNN or says why not, and give every status to {@link
 * dev.residual.bindings.onednn.OneDnn#check}.
 */
package dev.residual.bindings.onednn;
