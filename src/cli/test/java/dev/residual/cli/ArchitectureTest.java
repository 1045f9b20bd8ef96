package dev.residual.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.residual.engine.Backend;
import dev.residual.nn.BatchNormFolding;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of dependence between the packages of all modules, which meet here. */
class ArchitectureTest {
  private static JavaClasses library;

  @BeforeAll
  static void readClassFiles() {
    library =
        new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .withImportOption(location -> !location.contains("-tests.jar"))
            // Protocol Buffers, which only has its package from us.
            .withImportOption(location -> !location.contains("/onnx/protobuf/"))
            .importPackages("dev.residual");
  }

  @Test
  void tensorsDependOnTheJdkAlone() {
    mayDependOn("tensor");
  }

  @Test
  void graphsDependOnTensors() {
    mayDependOn("graph", "tensor");
  }

  @Test
  void sharedTensorsDependOnTensorsAndBindings() {
    mayDependOn("dlpack", "bindings", "tensor");
  }

  @Test
  void enginesDependOnGraphs() {
    mayDependOn("engine", "graph", "tensor");
  }

  @Test
  void networksDependOnGraphsAndWriteTheirWeightsToSessions() {
    mayDependOn("nn", "engine", "graph", "tensor");
  }

  @Test
  void quantizationDependsOnNetworks() {
    mayDependOn("quantization", "nn", "graph", "tensor");
  }

  @Test
  void inferenceDependsOnNetworksOfFloatsAndIntegers() {
    mayDependOn("inference", "quantization", "nn", "engine", "graph", "tensor");
  }

  @Test
  void trainingDependsOnNetworksAndTestsThemByInference() {
    mayDependOn("train", "inference", "nn", "engine", "graph", "tensor");
  }

  @Test
  void calibrationDependsOnNetworksAndBatches() {
    mayDependOn("calibration", "quantization", "train", "nn", "engine", "graph", "tensor");
  }

  @Test
  void looksInsideDependOnMeasurements() {
    mayDependOn("inspect", "calibration", "train", "nn", "engine", "graph", "tensor");
  }

  /** What makes inference fast stands in one place, and whoever infers goes through it. */
  @Test
  void onlyInferenceAndQuantizationFoldBatchNorms() {
    noClasses()
        .that()
        .resideInAPackage("dev.residual..")
        .and()
        .resideOutsideOfPackages(
            packages("nn"),
            packages("quantization"),
            packages("calibration"),
            packages("inference"))
        .should()
        .dependOnClassesThat()
        .areAssignableTo(BatchNormFolding.class)
        .check(library);
  }

  @Test
  void theReferenceBackendDependsOnTheEngine() {
    mayDependOn("backend.reference", "engine", "graph", "tensor");
  }

  @Test
  void theProcessorsBackendDependsOnTheEngineAndBindings() {
    mayDependOn("backend.onednn", "bindings", "engine", "graph", "tensor");
  }

  @Test
  void theGpusBackendDependsOnTheEngineAndBindings() {
    mayDependOn("backend.cudnn", "bindings", "engine", "graph", "tensor");
  }

  @Test
  void communicationDependsOnTheEngineAndBindings() {
    mayDependOn("mpi", "bindings", "engine", "tensor");
  }

  /** What a region becomes is data, which can be read without native code. */
  @Test
  void operationGraphsAreData() {
    noClasses()
        .that()
        .resideInAPackage(packages("backend.cudnn.operation"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.lang.foreign..", packages("bindings"))
        .check(library);
  }

  private static void mayDependOn(String name, String... others) {
    String[] allowed = new String[others.length + 4];
    allowed[0] = "java..";
    allowed[1] = "org.jspecify.annotations";
    allowed[2] = "jdk.jfr";
    allowed[3] = packages(name);
    for (int i = 0; i < others.length; i++) {
      allowed[i + 4] = packages(others[i]);
    }
    classes()
        .that()
        .resideInAPackage(packages(name))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(allowed)
        .check(library);
  }

  private static String packages(String name) {
    return "dev.residual." + name + "..";
  }

  @Test
  void graphsAndNetworksHoldNoMemory() {
    noClasses()
        .that()
        .resideInAnyPackage(packages("graph"), packages("nn"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(library);
  }

  @Test
  void backendsDoNotKnowEachOther() {
    slices().matching("dev.residual.backend.(*)..").should().notDependOnEachOther().check(library);
  }

  @Test
  void onlyBackendsAndSharedTensorsUseBindings() {
    noClasses()
        .that()
        .resideInAPackage("dev.residual..")
        .and()
        .resideOutsideOfPackages(
            packages("backend"),
            packages("dlpack"),
            packages("mpi"),
            packages("bindings"),
            packages("io.images"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(packages("bindings"))
        .check(library);
  }

  @Test
  void imagesUseTheBindingsOfDecodersAlone() {
    noClasses()
        .that()
        .resideInAPackage(packages("io.images"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            packages("bindings.cuda"),
            packages("bindings.cudnn"),
            packages("bindings.kernels"),
            packages("bindings.nvrtc"),
            packages("bindings.onednn"))
        .check(library);
  }

  @Test
  void onlyBackendsKnowPrograms() {
    noClasses()
        .that()
        .resideInAPackage("dev.residual..")
        .and()
        .resideOutsideOfPackages(packages("backend"), packages("engine.program"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(packages("engine.program"))
        .check(library);
  }

  @Test
  void onlyBindingsMakeRestrictedCalls() {
    Set<String> restricted =
        Set.of(
            "java.lang.foreign.MemorySegment.reinterpret",
            "java.lang.foreign.AddressLayout.withTargetLayout",
            "java.lang.foreign.Linker.downcallHandle",
            "java.lang.foreign.Linker.upcallStub",
            "java.lang.foreign.SymbolLookup.libraryLookup",
            "java.lang.Runtime.load",
            "java.lang.Runtime.loadLibrary",
            "java.lang.System.load",
            "java.lang.System.loadLibrary");
    noClasses()
        .that()
        .resideInAPackage("dev.residual..")
        .and()
        .resideOutsideOfPackage(packages("bindings"))
        .should()
        .callMethodWhere(isOneOf(restricted))
        .check(library);
  }

  /** But for tensors, which have no owner. */
  @Test
  void memoryIsFreedByItsOwnersAlone() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.residual.tensor.LargeMemory")
        .should()
        .callMethodWhere(isOneOf(Set.of("java.lang.foreign.Arena.ofAuto")))
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ref.Cleaner")
        .check(library);
  }

  private static DescribedPredicate<JavaMethodCall> isOneOf(Set<String> methods) {
    return DescribedPredicate.describe(
        "is one of " + methods,
        call -> methods.contains(call.getTargetOwner().getName() + "." + call.getName()));
  }

  @Test
  void onlyTheEngineMakesEvents() {
    noClasses()
        .that()
        .resideInAPackage("dev.residual..")
        .and()
        .resideOutsideOfPackages(packages("engine"), packages("cli"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.jfr..")
        .check(library);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.residual.(**)").should().beFreeOfCycles().check(library);
  }

  @Test
  void backendsAreBackends() {
    classes()
        .that()
        .implement(Backend.class)
        .should()
        .resideInAPackage(packages("backend"))
        .andShould()
        .haveSimpleNameEndingWith("Backend")
        .check(library);
  }

  @Test
  void namesSayWhatThingsAre() {
    noClasses().should().haveNameMatching(".*(Impl|Utils?|Helpers?|Manager)").check(library);
  }
}
