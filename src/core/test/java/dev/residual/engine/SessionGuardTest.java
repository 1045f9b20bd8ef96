package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SessionGuardTest {
  private final SessionGuard guard = new SessionGuard();

  @Test
  void callsMayFollowEachOtherOnDifferentThreads() {
    guard.enter();
    guard.exit();
    CompletableFuture.runAsync(
            () -> {
              guard.enter();
              guard.exit();
            })
        .join();
    guard.enter();
    guard.exit();
  }

  @Test
  void anOverlappingCallIsRefusedAndNamesTheThreadInside() {
    guard.enter();
    CompletableFuture<Void> other = CompletableFuture.runAsync(guard::enter);
    assertThatThrownBy(other::join)
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Thread.currentThread().getName());
    CompletableFuture<Boolean> closing = CompletableFuture.supplyAsync(guard::close);
    assertThatThrownBy(closing::join).hasCauseInstanceOf(IllegalStateException.class);
    guard.exit();
    guard.enter();
  }

  @Test
  void onlyTheFirstCloseReportsTrue() {
    assertThat(guard.close()).isTrue();
    assertThat(guard.close()).isFalse();
  }

  @Test
  void callsAfterCloseAreRefused() {
    guard.close();
    assertThatThrownBy(guard::enter)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
