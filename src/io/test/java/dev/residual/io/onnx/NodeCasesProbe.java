package dev.residual.io.onnx;

import dev.residual.Backends;
import dev.residual.engine.*;
import dev.residual.tensor.DType;
import java.nio.file.*;
import java.util.*;

public class NodeCasesProbe {
  public static void main(String[] a) throws Exception {
    Path root = Path.of(a[0]);
    Backend backend = Backends.named(a[1]);
    String filter = a.length > 2 ? a[2] : ".*";
    int pass = 0, fail = 0, refused = 0;
    List<Path> cases; try (var s = Files.list(root)) { cases = s.sorted().toList(); }
    for (Path c : cases) {
      String n = c.getFileName().toString();
      if (!n.matches(filter) || !Files.exists(c.resolve("model.onnx"))) continue;
      try {
        OnnxModel m = OnnxModel.read(c.resolve("model.onnx"));
        boolean ok = true; String d = "";
        for (Path s : OnnxTestData.folders(c)) {
          for (var diff : OnnxTestData.read(s).verify(m, backend, CompileOptions.DEFAULT, DType.F32, 1e-3, 1e-5)) { ok &= diff.isWithin(); d += diff; }
        }
        if (ok) { pass++; System.out.println("PASS " + n + (a.length>3? d:"")); } else { fail++; System.out.println("FAIL " + n + " " + d); }
      } catch (IllegalArgumentException | java.io.IOException | UnsupportedOpException e) {
        refused++; System.out.println("REFUSED " + n + " " + String.valueOf(e.getMessage()).replaceAll("^.*onnx: ", "").replaceAll("these are:.*", ""));
      } catch (Throwable e) { fail++; System.out.println("CRASH " + n + " " + e); e.printStackTrace(System.out); }
    }
    System.out.println(pass + " passed, " + fail + " failed, " + refused + " refused");
  }
}
