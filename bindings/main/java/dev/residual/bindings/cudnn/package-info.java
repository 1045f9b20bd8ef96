/**
 * The graph API of cuDNN 9, which its headers call backend API: generated declarations, the library
 * and the call by plain addresses that runs a plan.
 */
package dev.residual.bindings.cudnn;
