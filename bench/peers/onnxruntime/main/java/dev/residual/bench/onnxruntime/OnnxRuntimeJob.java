package dev.residual.bench.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Value;
import dev.residual.io.onnx.OnnxNetwork;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;

/** A session whose input and output stay in place. */
final class OnnxRuntimeJob implements Job {
  private final OrtSession session;
  private final FloatBuffer images;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;

  OnnxRuntimeJob(NetworkTask task) throws OrtException {
    Model model = task.model(Mode.INFERENCE);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(task.threads());
      options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
      session = session(environment, task, options);
    }
    Value input = model.images();
    Value logits = model.logits();
    images = buffer(input).put(task.images().toFloats()).rewind();
    inputs =
        Map.of(
            session.getInputNames().iterator().next(),
            OnnxTensor.createTensor(environment, images, shape(input)));
    outputs =
        Map.of(
            session.getOutputNames().iterator().next(),
            OnnxTensor.createTensor(environment, buffer(logits), shape(logits)));
  }

  /** Of a file as it is; of other networks with folded batch norms. */
  private static OrtSession session(
      OrtEnvironment environment, NetworkTask task, SessionOptions options) throws OrtException {
    if (task.network() instanceof OnnxNetwork network) {
      return environment.createSession(network.file().path().toString(), options);
    }
    Folded folded = task.folded();
    return environment.createSession(OnnxModel.of(folded.graph(), folded.weights()), options);
  }

  private static FloatBuffer buffer(Value value) {
    return ByteBuffer.allocateDirect(Math.toIntExact(value.bytes()))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static long[] shape(Value value) {
    return Arrays.stream(value.shape().dims()).asLongStream().toArray();
  }

  @Override
  public FloatBuffer images() {
    return images;
  }

  @Override
  public void run() {
    try (OrtSession.Result _ = session.run(inputs, outputs)) {
      // The result is in place.
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
