/**
 * From operation graphs to plans of cuDNN: what runs a graph on a device, or would run it on a
 * device that is only described.
 *
 * <ul>
 *   <li>{@link dev.residual.backend.cudnn.plan.Planner}: asks for the best plan of a graph; {@link
 *       dev.residual.backend.cudnn.plan.CudnnPlanner} asks cuDNN.
 *   <li>{@link dev.residual.backend.cudnn.plan.Plan} and {@link
 *       dev.residual.backend.cudnn.plan.BoundPlan}: a plan, and one with the addresses it works on.
 *   <li>{@link dev.residual.backend.cudnn.plan.DeviceDescription}: the device, there or not.
 *   <li>{@code GraphWriter} writes nodes and tensors as descriptors, {@code Heuristics} asks which
 *       engines suit, {@code Engines} makes a plan of an engine, and {@code Errata} knows engines
 *       that are wrong.
 * </ul>
 */
package dev.residual.backend.cudnn.plan;
