package example;

import module dev.residual.io;
import module java.base;

final class Classify {
  static void main(String[] args) throws Exception {
    try (var classifier = Classifier.open(Backends.cpu(), args[0], Path.of(args[1]))) {
      classifier.classify(Path.of(args[2])).forEach(IO::println);
    }
  }
}
