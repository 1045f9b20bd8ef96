/** What people look at after a training or an evaluation: tables, pictures, one page. */
package dev.residual.cli.report;
