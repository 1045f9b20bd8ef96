package dev.residual.bench.pytorch;

import dev.residual.bench.ConvolutionTask;
import dev.residual.bench.Framework;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import org.bytedeco.pytorch.global.torch;

/** PyTorch, eager, channels last. */
public final class PyTorchFramework implements Framework {

  /** The framework, for the service loader. */
  public PyTorchFramework() {}

  @Override
  public String description() {
    return "PyTorch "
        + torch.class.getPackage().getImplementationVersion()
        + " through org.bytedeco, eager, channels last; its Java API cannot trace";
  }

  @Override
  public Job training(NetworkTask task) {
    torch.set_num_threads(task.threads());
    return new TrainingJob(task);
  }

  @Override
  public Job inference(NetworkTask task) {
    torch.set_num_threads(task.threads());
    return new InferenceJob(task);
  }

  @Override
  public Job convolution(ConvolutionTask task) {
    torch.set_num_threads(task.threads());
    return new ConvolutionJob(task);
  }
}
