package dev.residual.djl;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;

/** What the Deep Java Library finds on the class path: the engine {@code Residual}. */
public final class ResidualEngineProvider implements EngineProvider {

  /** A provider, as service loaders make it. */
  public ResidualEngineProvider() {}

  @Override
  public String getEngineName() {
    return ResidualEngine.NAME;
  }

  @Override
  public int getEngineRank() {
    return ResidualEngine.RANK;
  }

  @Override
  public Engine getEngine() {
    return ResidualEngine.INSTANCE;
  }
}
