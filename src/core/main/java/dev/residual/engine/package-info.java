/** What runs graphs: backends compile them into sessions, which own all memory. */
package dev.residual.engine;
