package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** A parameter-free shortcut or its gradient, channels last. */
final class ShortcutStep implements Step {
  private final Buffer narrow;
  private final Buffer wide;
  private final Shape narrowShape;
  private final Shape wideShape;
  private final int stride;
  private final int offset;
  private final boolean forward;
  private final boolean isHalf;

  private ShortcutStep(
      OneDnnLowering lowering, Value narrow, Value wide, int stride, int offset, boolean forward) {
    this.narrow = lowering.buffer(narrow);
    this.wide = lowering.buffer(wide);
    this.narrowShape = narrow.shape();
    this.wideShape = wide.shape();
    this.stride = stride;
    this.offset = offset;
    this.forward = forward;
    this.isHalf = narrow.dtype() == DType.BF16;
  }

  static ShortcutStep forward(OneDnnLowering lowering, ZeroPadShortcut op) {
    return new ShortcutStep(lowering, op.src(), op.dst(), op.stride(), op.offset(), true);
  }

  static ShortcutStep backward(OneDnnLowering lowering, ZeroPadShortcutBackward op) {
    return new ShortcutStep(lowering, op.diffSrc(), op.diffDst(), op.stride(), op.offset(), false);
  }

  @Override
  public void run() {
    MemorySegment src = forward ? narrow.segment() : wide.segment();
    MemorySegment dst = forward ? wide.segment() : narrow.segment();
    dst.fill((byte) 0);
    int channels = narrowShape.dim(1);
    int wideChannels = wideShape.dim(1);
    long narrowAt;
    long wideAt = offset;
    for (int n = 0; n < wideShape.dim(0); n++) {
      for (int h = 0; h < wideShape.dim(2); h++) {
        for (int w = 0; w < wideShape.dim(3); w++) {
          narrowAt =
              (((long) n * narrowShape.dim(2) + h * stride) * narrowShape.dim(3) + w * stride)
                  * channels;
          long from = forward ? narrowAt : wideAt;
          long to = forward ? wideAt : narrowAt;
          if (isHalf) {
            copyShorts(src, from, dst, to, channels);
          } else {
            copyFloats(src, from, dst, to, channels);
          }
          wideAt += wideChannels;
        }
      }
    }
  }

  private static void copyShorts(
      MemorySegment src, long from, MemorySegment dst, long to, int channels) {
    for (int c = 0; c < channels; c++) {
      dst.setAtIndex(JAVA_SHORT, to + c, src.getAtIndex(JAVA_SHORT, from + c));
    }
  }

  private static void copyFloats(
      MemorySegment src, long from, MemorySegment dst, long to, int channels) {
    for (int c = 0; c < channels; c++) {
      dst.setAtIndex(JAVA_FLOAT, to + c, src.getAtIndex(JAVA_FLOAT, from + c));
    }
  }
}
