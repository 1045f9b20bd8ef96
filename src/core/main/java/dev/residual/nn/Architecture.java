package dev.residual.nn;

import java.util.Arrays;
import java.util.List;

/**
 * The plan of a residual network: everything but the size of the images and the number of classes.
 *
 * <p>Stage {@code s} (from 0) has {@code depths[s]} blocks of {@code width << s} channels, four
 * times that at the end of a {@link Block#BOTTLENECK}; each stage but the first halves the images.
 *
 * @param stem the layers before the first block
 * @param block the kind of block
 * @param preActivation whether normalisation and ReLU come before each convolution, as in "Identity
 *     Mappings in Deep Residual Networks" (He et al. 2016), rather than after it
 * @param shortcut the branch around a block
 * @param depths the number of blocks of each stage
 * @param width the channels after the stem
 * @param groups the groups of the 3x3 convolutions, the cardinality of ResNeXt (Xie et al. 2017)
 * @param groupWidth the channels of one group inside a block of the first stage; equal to the width
 *     in plain residual networks, twice that in wide ones
 * @param strideFirst whether the first convolution of a block takes the stride, as in the paper of
 *     2015, rather than the 3x3 convolution; both are the same in a {@link Block#BASIC} block
 * @param blur whether images are blurred before they are halved, except by the first convolution
 *     and around a block, as in "Making Convolutional Networks Shift-Invariant Again" (Zhang 2019)
 */
public record Architecture(
    Stem stem,
    Block block,
    boolean preActivation,
    Shortcut shortcut,
    List<Integer> depths,
    int width,
    int groups,
    int groupWidth,
    boolean strideFirst,
    boolean blur) {

  /** The layers before the first block. */
  public enum Stem {
    /** A 7x7 convolution and a 3x3 max pooling, each of stride 2, for images of about 224x224. */
    IMAGENET,
    /** A 3x3 convolution of stride 1, for images of about 32x32. */
    CIFAR
  }

  /** The kind of block. */
  public enum Block {
    /** Two 3x3 convolutions. */
    BASIC,
    /** Convolutions of 1x1, 3x3 and 1x1, of which the last has four times the channels. */
    BOTTLENECK;

    int expansion() {
      return this == BASIC ? 1 : 4;
    }
  }

  /** The branch around a block, by the options of "Deep Residual Learning", section 4.1. */
  public enum Shortcut {
    /** None: a plain network. */
    NONE,
    /** Option A: the identity, with zero channels added where the shape changes. */
    ZERO_PAD,
    /** Option B: the identity, and a 1x1 convolution where the shape changes. */
    PROJECTION,
    /** Option C: a 1x1 convolution around every block. */
    ALL_PROJECTION
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is below 1, or there are more than eight stages
   */
  public Architecture {
    depths = List.copyOf(depths);
    if (depths.isEmpty() || depths.size() > 8 || depths.stream().anyMatch(depth -> depth < 1)) {
      throw new IllegalArgumentException(
          "depths are " + depths + ", expected one to eight stages of at least one block");
    }
    if (width < 1 || groups < 1 || groupWidth < 1) {
      throw new IllegalArgumentException(
          "width is %d, groups %d, groupWidth %d: each must be at least 1"
              .formatted(width, groups, groupWidth));
    }
  }

  /**
   * A plan for images of about 224x224: torchvision's order of layers and place of the stride,
   * option B shortcuts, 64 channels after the stem.
   */
  public static Architecture imagenet(Block block, int... depths) {
    return of(Stem.IMAGENET, block, Shortcut.PROJECTION, 64, depths);
  }

  /**
   * A plan for images of about 32x32, from section 4.2 of "Deep Residual Learning": three stages of
   * equal depth, option A shortcuts, 16 channels after the stem.
   */
  public static Architecture cifar(Block block, int depth) {
    return of(Stem.CIFAR, block, Shortcut.ZERO_PAD, 16, depth, depth, depth);
  }

  private static Architecture of(
      Stem stem, Block block, Shortcut shortcut, int width, int... depths) {
    List<Integer> list = Arrays.stream(depths).boxed().toList();
    return new Architecture(stem, block, false, shortcut, list, width, 1, width, false, false);
  }

  /** This plan with other shortcuts. */
  public Architecture with(Shortcut other) {
    return new Architecture(
        stem, block, preActivation, other, depths, width, groups, groupWidth, strideFirst, blur);
  }

  /** This plan with other groups. */
  public Architecture grouped(int otherGroups, int otherGroupWidth) {
    return new Architecture(
        stem,
        block,
        preActivation,
        shortcut,
        depths,
        width,
        otherGroups,
        otherGroupWidth,
        strideFirst,
        blur);
  }

  /** This plan with normalisation and ReLU before the convolutions. */
  public Architecture preActivated() {
    return new Architecture(
        stem, block, true, shortcut, depths, width, groups, groupWidth, strideFirst, blur);
  }

  /** This plan with the stride on the first convolution of a block. */
  public Architecture stridedFirst() {
    return new Architecture(
        stem, block, preActivation, shortcut, depths, width, groups, groupWidth, true, blur);
  }

  /** This plan with images blurred before they are halved. */
  public Architecture antialiased() {
    return new Architecture(
        stem, block, preActivation, shortcut, depths, width, groups, groupWidth, strideFirst, true);
  }
}
