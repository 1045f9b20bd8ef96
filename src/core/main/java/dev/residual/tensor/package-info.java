/** Host-side values: element types, shapes, layouts and tensors. */
package dev.residual.tensor;
