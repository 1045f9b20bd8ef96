package dev.residual.nn;

import static dev.residual.nn.Architecture.Block.BASIC;
import static dev.residual.nn.Architecture.Block.BOTTLENECK;
import static dev.residual.nn.Architecture.Shortcut.ALL_PROJECTION;
import static dev.residual.nn.Architecture.Shortcut.NONE;
import static dev.residual.nn.Architecture.Shortcut.PROJECTION;
import static dev.residual.nn.Architecture.Shortcut.ZERO_PAD;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The residual networks that have a name. */
final class Catalogue {
  private static final Map<String, Architecture> ENTRIES = entries();

  private Catalogue() {}

  static List<String> names() {
    return List.copyOf(ENTRIES.keySet());
  }

  static Architecture get(String name) {
    Architecture architecture = ENTRIES.get(name);
    if (architecture == null) {
      throw Networks.unknown(name, ENTRIES.keySet());
    }
    return architecture;
  }

  private static Map<String, Architecture> entries() {
    Map<String, Architecture> entries = new LinkedHashMap<>();
    Architecture r18 = Architecture.imagenet(BASIC, 2, 2, 2, 2);
    Architecture r34 = Architecture.imagenet(BASIC, 3, 4, 6, 3);
    Architecture r50 = Architecture.imagenet(BOTTLENECK, 3, 4, 6, 3);
    Architecture r101 = Architecture.imagenet(BOTTLENECK, 3, 4, 23, 3);
    Architecture r152 = Architecture.imagenet(BOTTLENECK, 3, 8, 36, 3);
    Architecture r200 = Architecture.imagenet(BOTTLENECK, 3, 24, 36, 3);

    entries.put("resnet18", r18);
    entries.put("resnet34", r34);
    entries.put("resnet50", r50);
    entries.put("resnet101", r101);
    entries.put("resnet152", r152);
    entries.put("resnet50-v1", r50.stridedFirst());
    entries.put("resnet101-v1", r101.stridedFirst());
    entries.put("resnet152-v1", r152.stridedFirst());
    entries.put("resnet18-a", r18.with(ZERO_PAD));
    entries.put("resnet34-a", r34.with(ZERO_PAD));
    entries.put("resnet18-c", r18.with(ALL_PROJECTION));
    entries.put("resnet34-c", r34.with(ALL_PROJECTION));
    entries.put("plain18", r18.with(NONE));
    entries.put("plain34", r34.with(NONE));
    entries.put("resnet18-v2", r18.preActivated());
    entries.put("resnet34-v2", r34.preActivated());
    entries.put("resnet50-v2", r50.preActivated());
    entries.put("resnet101-v2", r101.preActivated());
    entries.put("resnet152-v2", r152.preActivated());
    entries.put("resnet200-v2", r200.preActivated());
    entries.put("resnext50_32x4d", r50.grouped(32, 4));
    entries.put("resnext101_32x4d", r101.grouped(32, 4));
    entries.put("resnext101_32x8d", r101.grouped(32, 8));
    entries.put("resnext101_64x4d", r101.grouped(64, 4));
    entries.put("wide_resnet50_2", r50.grouped(1, 128));
    entries.put("wide_resnet101_2", r101.grouped(1, 128));
    entries.put("resnetblur18", r18.antialiased());
    entries.put("resnetblur34", r34.antialiased());
    entries.put("resnetblur50", r50.antialiased());
    entries.put("resnetblur101", r101.antialiased());

    for (int layers : new int[] {20, 32, 44, 56, 110, 1202}) {
      Architecture cifar = Architecture.cifar(BASIC, (layers - 2) / 6);
      entries.put("resnet" + layers + "-cifar", cifar);
      entries.put("resnet" + layers + "-cifar-b", cifar.with(PROJECTION));
      entries.put("plain" + layers + "-cifar", cifar.with(NONE));
    }
    for (int layers : new int[] {164, 1001}) {
      Architecture cifar = Architecture.cifar(BOTTLENECK, (layers - 2) / 9).stridedFirst();
      entries.put("resnet" + layers + "-v2-cifar", cifar.with(PROJECTION).preActivated());
    }
    return entries;
  }
}
