package dev.residual.nn;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** All networks that have a name: residual ones, those that came before, and fast ones. */
public final class Networks {
  private static final Map<String, LayeredNetwork> OTHERS = others();

  private Networks() {}

  /**
   * The network of this name, for 1000 classes of 224x224, or 10 of 32x32.
   *
   * @throws IllegalArgumentException if there is none; the message suggests similar names
   */
  public static ImageNetwork named(String name) {
    LayeredNetwork other = OTHERS.get(name);
    if (other != null) {
      return other;
    }
    if (!Catalogue.names().contains(name)) {
      throw unknown(name, names());
    }
    return ResNet.named(name);
  }

  static IllegalArgumentException unknown(String name, Collection<String> known) {
    return new IllegalArgumentException(
        "unknown model \"%s\": did you mean %s?"
            .formatted(
                name, String.join(", ", NearNames.of(name.toLowerCase(Locale.ROOT), known))));
  }

  /** All names that {@link #named} knows. */
  public static List<String> names() {
    return Stream.concat(Catalogue.names().stream(), OTHERS.keySet().stream()).toList();
  }

  private static Map<String, LayeredNetwork> others() {
    Map<String, Layers> imagenet = new LinkedHashMap<>();
    imagenet.put("alexnet", new AlexNetLayers());
    Map<String, List<Integer>> vgg = new LinkedHashMap<>();
    vgg.put("vgg11", List.of(1, 1, 2, 2, 2));
    vgg.put("vgg13", List.of(2, 2, 2, 2, 2));
    vgg.put("vgg16", List.of(2, 2, 3, 3, 3));
    vgg.put("vgg19", List.of(2, 2, 4, 4, 4));
    vgg.forEach(
        (name, depths) -> {
          imagenet.put(name, new VggLayers(depths, false));
          imagenet.put(name + "_bn", new VggLayers(depths, true));
        });
    imagenet.put("googlenet", new GoogLeNetLayers());
    Map<String, Layers> cifar = new LinkedHashMap<>();
    cifar.put("resnet9-cifar", new ResNet9Layers());
    cifar.put("airbench-cifar", new AirbenchLayers());
    Map<String, LayeredNetwork> others = new LinkedHashMap<>();
    imagenet.forEach((name, layers) -> others.put(name, LayeredNetwork.imagenet(name, layers)));
    cifar.forEach((name, layers) -> others.put(name, LayeredNetwork.cifar(name, layers)));
    return others;
  }
}
