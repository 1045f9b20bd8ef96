/**
 * Images named by networks: a {@link dev.residual.io.Classifier} opens weights and tells what
 * images show.
 */
package dev.residual.io;
