package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.backend.cudnn.plan.DeviceDescription;
import dev.residual.backend.onednn.ProbeJvm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The real cuDNN, where it is installed, has plans for all that networks become: no convolution,
 * linear layer or batch norm is left to a slow kernel. A GPU is not needed, and no driver.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class NetworkPlansTest {
  static final List<String> DEVICES = DeviceDescription.NAMES;

  private static final List<String> NETWORKS =
      List.of("resnet20-cifar", "resnet50", "resnext50_32x4d", "resnet50-v2", "wide_resnet50_2");

  @Test
  void nothingOfASmallNetworkIsLeftToSlowKernels() throws Exception {
    plan("h100", networks(List.of("resnet20-cifar")));
  }

  @Tag("slow")
  @ParameterizedTest
  @FieldSource("DEVICES")
  void nothingOfAnyNetworkIsLeftToSlowKernels(String device) throws Exception {
    plan(device, networks(NETWORKS));
  }

  /** Each network in each mode and precision. */
  private static List<String> networks(List<String> names) {
    List<String> networks = new ArrayList<>();
    for (String name : names) {
      for (String mode : List.of("train", "infer")) {
        for (String type : List.of("F16", "BF16", "F32")) {
          networks.add(name + "/" + mode + "/" + type + "/32");
        }
      }
    }
    return networks;
  }

  private static void plan(String device, List<String> networks) throws Exception {
    List<String> arguments = new ArrayList<>(networks);
    arguments.addFirst(device);
    String output =
        ProbeJvm.run(NetworkPlansProbe.class, List.of(), arguments.toArray(String[]::new));
    String library = output.lines().findFirst().orElse("");
    assumeTrue(
        library.startsWith("library: cuDNN "),
        library + ", in the python that RESIDUAL_PYTHON names");
    System.out.println(device + ", " + output.lines().toList().getLast());
    for (String network : networks) {
      assertThat(output).as(output).contains(network + ": 0 left, ");
    }
  }
}
