package dev.residual.io;

/**
 * One of the classes that an image may show.
 *
 * @param label the name of the class
 * @param number of the class, from 0
 * @param probability by softmax, in [0, 1]; those of all classes add up to 1
 */
public record Prediction(String label, int number, double probability) {}
