package dev.residual.tensor;

/** The order in which the elements of a tensor lie in memory, always without gaps. */
public enum Layout {
  /** The last extent varies fastest; images are n c h w. */
  ROW_MAJOR,
  /** Rank four only: n h w c, the channel varies fastest. */
  CHANNELS_LAST
}
