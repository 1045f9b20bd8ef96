package dev.residual.bindings.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeScope;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class OneDnnTest {

  @Test
  void reportsTheVersionOfTheHeadersItWasGeneratedFrom() {
    assertThat(OneDnn.version().major()).isEqualTo(3);
    assertThat(OneDnn.version().serves(OneDnn.NEEDED)).isTrue();
  }

  @Test
  void runsAPrimitive() {
    try (NativeScope scope = NativeScope.open()) {
      MemorySegment engine =
          OneDnn.create(
              scope,
              "dnnl_engine_create",
              out -> Dnnl.dnnl_engine_create(out, Dnnl.dnnl_cpu(), 0),
              Dnnl::dnnl_engine_destroy);
      MemorySegment stream =
          OneDnn.create(
              scope,
              "dnnl_stream_create",
              out -> Dnnl.dnnl_stream_create(out, engine, Dnnl.dnnl_stream_default_flags()),
              Dnnl::dnnl_stream_destroy);
      MemorySegment dims = scope.allocateFrom(ValueLayout.JAVA_LONG, 5);
      MemorySegment desc =
          OneDnn.create(
              scope,
              "dnnl_memory_desc_create_with_tag",
              out ->
                  Dnnl.dnnl_memory_desc_create_with_tag(
                      out, 1, dims, Dnnl.dnnl_f32(), Dnnl.dnnl_a()),
              Dnnl::dnnl_memory_desc_destroy);
      MemorySegment data = scope.allocateFrom(ValueLayout.JAVA_FLOAT, -2, -1, 0, 1, 2);
      MemorySegment memory =
          OneDnn.create(
              scope,
              "dnnl_memory_create",
              out -> Dnnl.dnnl_memory_create(out, desc, engine, data),
              Dnnl::dnnl_memory_destroy);
      MemorySegment relu =
          OneDnn.create(
              scope,
              "dnnl_eltwise_forward_primitive_desc_create",
              out ->
                  Dnnl.dnnl_eltwise_forward_primitive_desc_create(
                      out,
                      engine,
                      Dnnl.dnnl_forward_inference(),
                      Dnnl.dnnl_eltwise_relu(),
                      desc,
                      desc,
                      0,
                      0,
                      MemorySegment.NULL),
              Dnnl::dnnl_primitive_desc_destroy);
      MemorySegment primitive =
          OneDnn.create(
              scope,
              "dnnl_primitive_create",
              out -> Dnnl.dnnl_primitive_create(out, relu),
              Dnnl::dnnl_primitive_destroy);
      MemorySegment arguments = dnnl_exec_arg_t.allocateArray(2, scope);
      int[] numbers = {Dnnl.DNNL_ARG_SRC(), Dnnl.DNNL_ARG_DST()};
      for (int i = 0; i < numbers.length; i++) {
        MemorySegment argument = dnnl_exec_arg_t.asSlice(arguments, i);
        dnnl_exec_arg_t.arg(argument, numbers[i]);
        dnnl_exec_arg_t.memory(argument, memory);
      }
      int status =
          PrimitiveExecute.execute(
              primitive.address(), stream.address(), numbers.length, arguments.address());
      OneDnn.check("dnnl_primitive_execute", status);
      assertThat(data.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(0, 0, 0, 1, 2);
    }
  }

  @Test
  void aStatusBecomesAnExceptionWithItsName() {
    try (NativeScope scope = NativeScope.open()) {
      assertThatThrownBy(
              () ->
                  OneDnn.create(
                      scope,
                      "dnnl_engine_create",
                      out -> Dnnl.dnnl_engine_create(out, Dnnl.dnnl_cpu(), 7),
                      Dnnl::dnnl_engine_destroy))
          .isInstanceOf(NativeException.class)
          .hasMessageContaining("dnnl_engine_create returned 2 (dnnl_invalid_arguments)")
          .hasMessageContaining("ONEDNN_VERBOSE=all");
    }
  }

  @Test
  void statusNamesAreThoseOfTheHeader() {
    assertThat(OneDnnStatus.name(Dnnl.dnnl_unimplemented())).isEqualTo("dnnl_unimplemented");
    assertThat(OneDnnStatus.name(Dnnl.dnnl_runtime_error())).isEqualTo("dnnl_runtime_error");
    assertThat(OneDnnStatus.name(Dnnl.dnnl_invalid_data_type()))
        .isEqualTo("dnnl_invalid_data_type");
    assertThat(OneDnnStatus.name(99)).isEqualTo("unknown status");
  }

  @Test
  void allGeneratedFunctionsAreInTheLibrary() {
    assertThat(Dnnl.class.getDeclaredMethods())
        .extracting(java.lang.reflect.Method::getName)
        .filteredOn(name -> name.endsWith("$address"))
        .hasSizeGreaterThan(60)
        .allSatisfy(
            name ->
                assertThat(OneDnn.library().has(name.replace("$address", ""))).as(name).isTrue());
  }

  @Test
  void threadsAreSetInTheRuntimeThatOneDnnUses() throws Exception {
    int before = OpenMp.maxThreads();
    OpenMp.setThreads(before + 1);
    assertThat(OpenMp.maxThreads()).isEqualTo(before + 1);
    OpenMp.setThreads(before);
    assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
        .as("one OpenMP runtime")
        .extracting(line -> line.replaceAll("^[^/]*", ""))
        .filteredOn(file -> file.contains("libgomp"))
        .isSubsetOf(OneDnn.library().location().replace("libdnnl.so.3", "libgomp.so.1"))
        .isNotEmpty();
  }

  @Test
  void twoClassLoadersUseTheSameLibrary() throws Exception {
    URL[] classes =
        Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
            .map(entry -> url(Path.of(entry)))
            .toArray(URL[]::new);
    ClassLoader platform = ClassLoader.getPlatformClassLoader();
    try (URLClassLoader one = new URLClassLoader(classes, platform);
        URLClassLoader two = new URLClassLoader(classes, platform)) {
      Class<?> first = Class.forName(OneDnn.class.getName(), true, one);
      Class<?> second = Class.forName(OneDnn.class.getName(), true, two);
      assertThat(first).isNotSameAs(second).isNotSameAs(OneDnn.class);
      String version = OneDnn.version().toString();
      assertThat(first.getMethod("version").invoke(null)).hasToString(version);
      assertThat(second.getMethod("version").invoke(null)).hasToString(version);
    }
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (java.net.MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }
}
