/* Weight gradients of convolutions, by the better of two ways. */
#if WIDTH > 1

#include "position_gradient.h"
#include "window_gradient.h"

static void weight_gradient(const struct residual_weight_gradient *o) {
  if (sees_windows(o)) {
    window_gradient(o);
  } else {
    position_gradient(o);
  }
}

static int64_t weight_gradient_scratch(const struct residual_weight_gradient *o) {
  if (o->dtype == RESIDUAL_BF16 && !HAS_BF16_PRODUCTS) {
    return -1;
  }
  return sees_windows(o) ? window_gradient_scratch(o) : position_gradient_scratch(o);
}

#else

static int64_t weight_gradient_scratch(const struct residual_weight_gradient *o) {
  (void)o;
  return -1;
}

static void weight_gradient(const struct residual_weight_gradient *o) { (void)o; }

#endif
