package dev.residual.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The rules of dependence of this module; those of the others are tested with the command line. */
class ArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.residual.spark");

  /** Native code is for the processes of a training, and for the library. */
  @Test
  void theModuleDependsOnSparkAndOnWhatIsPublished() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify.annotations",
            "org.slf4j",
            "org.apache.spark..",
            "org.apache.hadoop.fs",
            "org.apache.hadoop.conf",
            "scala..",
            "dev.residual",
            "dev.residual.spark",
            "dev.residual.cli..",
            "dev.residual.io..",
            "dev.residual.nn",
            "dev.residual.engine")
        .check(MODULE);
  }

  @Test
  void onlyTrainerModelAndProgramArePublic() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(ResidualTrainer.class, ResidualModel.class, Rank.class)
        .should()
        .bePublic()
        .check(MODULE);
  }

  @Test
  void namesSayWhatThingsAre() {
    noClasses().should().haveNameMatching(".*(Impl|Utils?|Helpers?|Manager)").check(MODULE);
  }
}
