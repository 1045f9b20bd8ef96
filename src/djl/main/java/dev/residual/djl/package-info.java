/**
 * The engine {@code Residual} of the Deep Java Library.
 *
 * <p>With this module on the class path, {@code Criteria} load ONNX files, safetensors and
 * checkpoints of PyTorch. Programs need no change but the name of the engine, {@code
 * optEngine("Residual")}.
 *
 * <p>{@code Criteria.optOption} takes {@code model} (as {@code resnet50}, where the file names no
 * network itself), {@code threads}, {@code precision} (f32, bf16 or f16), {@code batch}, {@code
 * sessions} (how many runs are computed at the same time) and {@code side} (the height and width of
 * images).
 *
 * <p>Models infer only. Many predictors and threads may use one: sessions share the weights.
 * Outputs are those of an ONNX file, and logits of weights; {@code optApplySoftmax} makes them
 * probabilities. Closing a model frees its native memory.
 *
 * <p>Images are resized and scaled with the arithmetic of {@link dev.residual.io.Classifier}.
 * Arrays have the operations that the translators of images need. Others are forwarded to an engine
 * that has all, where one is on the class path; else they are refused by name.
 */
@NullMarked
package dev.residual.djl;

import org.jspecify.annotations.NullMarked;
