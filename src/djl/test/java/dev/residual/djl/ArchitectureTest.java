package dev.residual.djl;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Arena;
import java.lang.ref.Cleaner;
import org.junit.jupiter.api.Test;

/** The rules of dependence of this module; those of the others are tested with the command line. */
class ArchitectureTest {
  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.residual.djl");

  /** Above all it needs no other engine, and none of its libraries. */
  @Test
  void theEngineDependsOnTheApiAndOnWhatIsPublished() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify.annotations",
            "ai.djl..",
            "dev.residual",
            "dev.residual.djl",
            "dev.residual.io..",
            "dev.residual.inference",
            "dev.residual.nn",
            "dev.residual.engine",
            "dev.residual.graph",
            "dev.residual.tensor")
        .check(ENGINE);
  }

  @Test
  void onlyTheProviderIsPublic() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(ResidualEngineProvider.class)
        .should()
        .bePublic()
        .check(ENGINE);
  }

  @Test
  void memoryIsFreedByItsOwners() {
    noClasses()
        .should()
        .callMethod(Arena.class, "ofAuto")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Cleaner.class)
        .check(ENGINE);
  }

  @Test
  void namesSayWhatThingsAre() {
    noClasses().should().haveNameMatching(".*(Impl|Utils?|Helpers?|Manager)").check(ENGINE);
  }
}
