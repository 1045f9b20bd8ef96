package dev.residual.bench.pytorch;

import dev.residual.bench.ConvolutionTask;
import dev.residual.bench.Job;
import dev.residual.bench.Pass;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** One convolution, or one of its gradients. */
final class ConvolutionJob implements Job {
  private final PointerScope scope = new PointerScope();
  private final Pass pass;
  private final Tensor src;
  private final Tensor weights;
  private final Tensor diffDst;
  private final long[] stride;
  private final long[] pad;
  private final BoolPointer wanted;

  ConvolutionJob(ConvolutionTask task) {
    pass = task.pass();
    src = Tensors.random(task.shape().src(task.batch()), task.dtype());
    weights = Tensors.random(task.shape().weights(), task.dtype());
    diffDst = Tensors.random(task.shape().dst(task.batch()), task.dtype());
    stride = new long[] {task.shape().stride(), task.shape().stride()};
    pad = new long[] {task.shape().pad(), task.shape().pad()};
    wanted = new BoolPointer(3);
    wanted.put(0, pass == Pass.BACKWARD_DATA);
    wanted.put(1, pass == Pass.BACKWARD_WEIGHTS);
    wanted.put(2, false);
  }

  @Override
  public void run() {
    try (PointerScope _ = new PointerScope();
        NoGradGuard _ = new NoGradGuard()) {
      long[] one = {1, 1};
      if (pass == Pass.FORWARD) {
        torch.conv2d(src, weights, new TensorOptional(), stride, pad, one, 1);
      } else {
        torch.convolution_backward(
            diffDst, src, weights, new long[0], stride, pad, one, false, new long[2], 1, wanted);
      }
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
