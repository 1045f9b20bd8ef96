package dev.residual.io.onnx;

import dev.residual.graph.Binary;
import dev.residual.tensor.DType;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The types of nodes that are supported, with their translators. */
final class NodeTypes {
  private static final Map<String, Translator> COMPUTED =
      Map.ofEntries(
          Map.entry("AveragePool", PoolingNodes::average),
          Map.entry("BatchNormalization", NormalizationNodes::batchNorm),
          Map.entry("Clip", ElementwiseNodes::clip),
          Map.entry("Conv", ConvolutionNodes::conv),
          Map.entry("Gelu", ElementwiseNodes::gelu),
          Map.entry("Gemm", ProductNodes::gemm),
          Map.entry("GlobalAveragePool", PoolingNodes::globalAverage),
          Map.entry("GlobalMaxPool", PoolingNodes::globalMax),
          Map.entry("HardSigmoid", ElementwiseNodes::hardSigmoid),
          Map.entry("HardSwish", ElementwiseNodes::hardSwish),
          Map.entry("LRN", NormalizationNodes::localResponse),
          Map.entry("LeakyRelu", ElementwiseNodes::leakyRelu),
          Map.entry("LogSoftmax", NormalizationNodes.softmax(true)),
          Map.entry("MatMul", ProductNodes::matMul),
          Map.entry("MaxPool", PoolingNodes::max),
          Map.entry("Pad", MovementNodes::pad),
          Map.entry("ReduceMean", PoolingNodes::reduceMean),
          Map.entry("QLinearConv", QuantizedNodes::conv),
          Map.entry("QLinearMatMul", QuantizedNodes::matMul),
          Map.entry("QuantizeLinear", QuantizedNodes::quantizeLinear),
          Map.entry("Relu", ElementwiseNodes::relu),
          Map.entry("Sigmoid", ElementwiseNodes::sigmoid),
          Map.entry("Softmax", NormalizationNodes.softmax(false)),
          Map.entry("com.microsoft.DequantizeLinear", QuantizedNodes::dequantizeLinear),
          Map.entry("com.microsoft.QGemm", QuantizedNodes::gemm),
          Map.entry("com.microsoft.QLinearAdd", QuantizedNodes::add),
          Map.entry("com.microsoft.QLinearGlobalAveragePool", QuantizedNodes::globalAverage),
          Map.entry("com.microsoft.QuantizeLinear", QuantizedNodes::quantizeLinear));

  /** Those that translate constants themselves. */
  private static final Map<String, Translator> EITHER =
      Map.ofEntries(
          Map.entry("Add", ElementwiseNodes.binary(Binary.Function.ADD)),
          Map.entry("Cast", Constants::cast),
          Map.entry("Ceil", Constants.function(Math::ceil)),
          Map.entry("Concat", ShapeNodes::concat),
          Map.entry("Constant", Constants::constant),
          Map.entry("ConstantOfShape", Constants::filled),
          Map.entry("DequantizeLinear", QuantizedNodes::dequantizeLinear),
          Map.entry("Div", ElementwiseNodes.binary(Binary.Function.DIV)),
          Map.entry("Dropout", ShapeNodes::dropout),
          Map.entry("Equal", Constants.ofIntegers((a, b) -> a == b ? 1 : 0, DType.U8)),
          Map.entry("Expand", Constants::expand),
          Map.entry("Flatten", ShapeNodes::flatten),
          Map.entry("Floor", Constants.function(Math::floor)),
          Map.entry("Gather", Constants::gather),
          Map.entry("Identity", ShapeNodes::identity),
          Map.entry("Max", ElementwiseNodes.binary(Binary.Function.MAX)),
          Map.entry("Min", ElementwiseNodes.binary(Binary.Function.MIN)),
          Map.entry("Mul", ElementwiseNodes.binary(Binary.Function.MUL)),
          Map.entry("Range", Constants::range),
          Map.entry("ReduceProd", Constants::product),
          Map.entry("Reshape", ShapeNodes::reshape),
          Map.entry("Shape", Constants::shape),
          Map.entry("Size", Constants::size),
          Map.entry("Slice", MovementNodes::slice),
          Map.entry("Split", MovementNodes::split),
          Map.entry("Sqrt", Constants.function(Math::sqrt)),
          Map.entry("Squeeze", ShapeNodes::squeeze),
          Map.entry("Sub", ElementwiseNodes.binary(Binary.Function.SUB)),
          Map.entry("Sum", ElementwiseNodes.binary(Binary.Function.ADD)),
          Map.entry("Transpose", ShapeNodes::transpose),
          Map.entry("Unsqueeze", ShapeNodes::unsqueeze),
          Map.entry("Where", Constants::where));

  private NodeTypes() {}

  /** Translates a node. One of constants alone becomes a constant. */
  static void translate(Node node, Translation to) {
    Translator translator = COMPUTED.get(node.type());
    if (translator == null) {
      EITHER.getOrDefault(node.type(), NodeTypes::refuse).translate(node, to);
    } else if (node.inputs() > 0 && to.isConstant(node)) {
      Folding.fold(node, translator, to);
    } else {
      translator.translate(node, to);
    }
    node.attributes().requireAllRead();
  }

  private static void refuse(Node node, Translation to) {
    Map<String, Translator> all = new TreeMap<>(COMPUTED);
    all.putAll(EITHER);
    throw node.refused(
        "this operation of opset %d is not supported; these are: %s",
        node.opset(), all.keySet().stream().collect(Collectors.joining(" ")));
  }
}
