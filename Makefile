# Residual: `make` lists what there is. Each target is a few lines over mvn.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup build test spark attack fuzz kills races sanitize soak run bench scenarios bindings format check doctor gpu-test bundle-gpu bundle packaging reproducible

# The first line of every target that needs Java: a JDK 25, wherever it is, or a word on how to get one and exit code 2.
JDK = home=$$(.mvn/find-jdk) || exit 2; export JAVA_HOME="$$home";
# Maven 3.8 brings libraries that JDK 25 would warn about at every call.
MVN_ENV = $(JDK) MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow $$MAVEN_OPTS"
MVN = $(MVN_ENV) mvn --batch-mode --no-transfer-progress $(MVN_FLAGS)
QUIET = -Dorg.slf4j.simpleLogger.defaultLogLevel=error
RESIDUAL = $(JDK) "$$JAVA_HOME/bin/java" -jar src/cli/target/residual.jar
JEXTRACT ?= jextract

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## fetch all that build and test need, so that later ones work without a network
	@$(MVN) $(QUIET) verify -Dtest=LibraryVersionTest -Dsurefire.failIfNoSpecifiedTests=false

build: ## compile and package, without tests: src/cli/target/residual.jar
	@$(MVN) $(QUIET) package -DskipTests

test: ## all tests except the slow ones and those that need a GPU; the last line says what was skipped, and why
	@$(MVN) verify -Dorg.slf4j.simpleLogger.log.org.apache.maven.cli.event.ExecutionEventLogger=warn
	@.mvn/skipped

spark: ## build and test src/spark, the module for Apache Spark; downloads 320 MB, and its trainings need mpich
	@$(MVN) $(QUIET) -Pspark verify -pl src/spark -am -Dtest='dev.residual.spark.**' -Dsurefire.failIfNoSpecifiedTests=false

attack: ## random operations and damaged files: CASES=200000 operations, SECONDS=60 for each reader, SEED=1
	@$(MVN) test -Dtest='*AttackTest' -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dresidual.attack.cases=$(or $(CASES),200000) -Dresidual.attack.seconds=$(or $(SECONDS),60) -Dresidual.attack.seed=$(or $(SEED),1)

fuzz: ## readers of files by Jazzer, guided by coverage: SECONDS=60 for each, SEED=1, TARGET=onnx for one; src/io/target/fuzz is kept
	@$(MVN_ENV) TARGET="$(TARGET)" FUZZ_SECONDS="$(or $(SECONDS),60)" SEED="$(or $(SEED),1)" \
	  mvn --batch-mode --no-transfer-progress $(MVN_FLAGS) $(QUIET) test -Pfuzz -pl src/io -am -DskipTests

kills: ## trainings and conversions killed at random moments, full disks: KILLS=100 of each, SEED=1
	@$(MVN) test -Dtest='Killed*Test,FullDiskTest' -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dresidual.kills=$(or $(KILLS),100) -Dresidual.kills.seed=$(or $(SEED),1)

races: ## sessions and kernels used by many threads at random: SECONDS=60, SEED=1
	@$(MVN) test -Dtest='*RaceTest' -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dresidual.races.seconds=$(or $(SECONDS),60) -Dresidual.races.seed=$(or $(SEED),1)

sanitize: ## the kernels under AddressSanitizer and UndefinedBehaviorSanitizer, for each set of instructions; needs gcc
	@$(MVN_ENV) native/sanitize

soak: ## inference, training, forks and reloads, again and again: SECONDS=3600, SEED=1; memory and answers stay as they are
	@$(MVN) test -Dtest=SoakTest -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dresidual.soak.seconds=$(or $(SECONDS),3600) -Dresidual.soak.seed=$(or $(SEED),1)

run: build ## train a small residual network on a built-in data set, and show what it learnt
	@$(RESIDUAL) demo --out target/demo

bench: ## benchmarks; B=regex chooses, PEERS=1 adds PyTorch and others: bench/README.md
	@$(MVN) $(QUIET) package -DskipTests $(if $(PEERS),-Ppeers)
	@$(JDK) "$$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow -jar bench/target/benchmarks.jar $(B) $(if $(PEERS),--peers) $(if $(PYTHON),--python $(PYTHON)) \
	  $(if $(NAME),--name $(NAME)) $(JMH)

scenarios: ## how networks serve, by the scenarios of MLPerf: ARGS="--model resnet50 --seconds 10": bench/README.md
	@$(MVN) $(QUIET) package -DskipTests $(if $(PEERS),-Ppeers)
	@$(JDK) "$$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp bench/target/benchmarks.jar \
	  dev.residual.bench.scenario.ScenarioRun $(ARGS) $(if $(PEERS),--peers onnxruntime)

bindings: ## generate bindings/generated anew; JEXTRACT=path of jextract
	@$(MVN) $(QUIET) process-resources -pl native
	@JEXTRACT="$(JEXTRACT)" bindings/generate

format: ## format all Java sources
	@$(MVN) $(QUIET) -Pspark spotless:apply -pl '!src/bom'

check: ## formatting, Error Prone, NullAway, Javadoc; the bindings too where there is a jextract
	@$(MVN) -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Pcheck,spark verify -DskipTests
	@if command -v "$(JEXTRACT)" >/dev/null; then $(MAKE) --no-print-directory bindings && \
	  git diff --exit-code --stat -- bindings/generated; \
	else echo "no jextract: the generated bindings are not compared"; fi

doctor: build ## what this machine has for Residual: libraries, versions, processor
	@$(RESIDUAL) doctor

gpu-test: build ## tests and measurements on an NVIDIA GPU, in 8 minutes; DATA=weights and images, PYTHON=one with PyTorch
	@$(if $(PYTHON),RESIDUAL_PYTHON="$(PYTHON)") bench/gpu/gpu-test --out target/gpu-test $(if $(DATA),--data "$(DATA)") $(GPU_TEST)

bundle-gpu: build ## the same in target/residual-gpu.tar.xz, for a machine with a driver and PyTorch; GOLDEN=golden runs
	@bench/gpu/bundle "$(or $(GOLDEN),../shared/golden)"

bundle: ## jars, sources, Javadoc and bills of materials of all published modules in target/bundle.zip
	@rm -rf target/bundle target/bundle.zip
	@$(MVN) $(QUIET) -Prelease,spark deploy -DskipTests -DaltDeploymentRepository=bundle::file:$(CURDIR)/target/bundle
	@$(JDK) cd target/bundle && "$$JAVA_HOME/bin/jar" --create --no-manifest --file ../bundle.zip .
	@echo target/bundle.zip

packaging: ## a user's project, built from what is published: on class path, module path, in an image of jlink, as one jar
	@$(MVN_ENV) src/it/run

reproducible: ## builds a release twice in different folders, and compares the bytes
	@$(MVN_ENV) src/it/build-twice
