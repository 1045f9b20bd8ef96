/**
 * The reference backend: plain Java loops that specify every operation, the oracle of all tests.
 *
 * <p>Sums accumulate in double whatever the element type; results are rounded to it when stored.
 * The mask of a batch normalisation holds element i (row-major) in bit {@code i % 8} of byte {@code
 * i / 8}.
 */
package dev.residual.backend.reference;
