package dev.residual.train;

/**
 * The results of one epoch.
 *
 * @param epoch the number of the epoch, from 1
 * @param learningRate of its last step
 * @param trainLoss the mean loss of its images, each before the update that it led to
 * @param trainTop1 the part of its images whose class was ranked first, likewise
 * @param testTop1 the part of the test images whose class was ranked first afterwards; NaN without
 *     a test
 * @param testTop5 the part whose class was among the first five; NaN without a test
 * @param imagesPerSecond of training
 * @param seconds the time of training, evaluation left out
 */
public record Metrics(
    int epoch,
    double learningRate,
    double trainLoss,
    double trainTop1,
    double testTop1,
    double testTop5,
    double imagesPerSecond,
    double seconds) {}
