/**
 * The thin layer between C libraries and Java: finding and loading them, owning what they hand out,
 * and saying what went wrong.
 *
 * <p>A library is described by a {@link dev.residual.bindings.LibrarySearch}, found by it, and then
 * a {@link dev.residual.bindings.NativeLibrary}, which gives addresses and method handles. Handles
 * and memory belong to a {@link dev.residual.bindings.NativeScope}, which destroys them newest
 * first. A missing library is a {@link dev.residual.bindings.NativeLibraryException}, a status that
 * is not success a {@link dev.residual.bindings.NativeException}.
 */
package dev.residual.bindings;
