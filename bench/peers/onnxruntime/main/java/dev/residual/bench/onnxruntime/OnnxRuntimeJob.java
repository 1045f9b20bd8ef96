package dev.residual.bench.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.graph.Value;
import dev.residual.nn.BatchNormFolding.Folded;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;

/** A session whose input and output stay in place. */
final class OnnxRuntimeJob implements Job {
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;

  OnnxRuntimeJob(NetworkTask task) throws OrtException {
    Folded folded = task.folded();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(task.threads());
      options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(OnnxModel.of(folded.graph(), folded.weights()), options);
    }
    Value images = folded.graph().value("images");
    Value logits = folded.graph().outputs().getFirst();
    FloatBuffer noise = buffer(images).put(task.images().toFloats()).rewind();
    inputs = Map.of(images.name(), OnnxTensor.createTensor(environment, noise, shape(images)));
    outputs =
        Map.of(logits.name(), OnnxTensor.createTensor(environment, buffer(logits), shape(logits)));
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
