/**
 * What backends with programs of prepared steps have in common.
 *
 * <p>A backend brings a {@link dev.residual.engine.program.Target}: the {@link
 * dev.residual.engine.program.Memory} its steps work in, and a {@link
 * dev.residual.engine.program.Lowering} that writes the steps of a graph into a {@link
 * dev.residual.engine.program.Program}. A {@link dev.residual.engine.program.ProgramSession} plans
 * and takes the memory, places everything, and runs the steps.
 */
package dev.residual.engine.program;
