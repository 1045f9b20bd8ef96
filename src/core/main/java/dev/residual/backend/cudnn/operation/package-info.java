/**
 * Operation graphs of cuDNN as data: tensors and nodes with cuDNN's own names, which compute
 * nothing and print as text.
 *
 * <p>An {@link dev.residual.backend.cudnn.operation.OperationGraph} is a list of nodes. Each node
 * checks the shapes of its tensors when it is made, so that a wrong one is told of where it was
 * written. Whether cuDNN has an engine for a graph is another question: {@code
 * dev.residual.backend.cudnn.plan} asks it.
 */
package dev.residual.backend.cudnn.operation;
