/* The mean cross-entropy between the softmax of logits and labels, and its gradient, computed in double. */

/* Fewer logits than this are not worth waking the other threads. */
#define LOSS_ALONE 2048

static inline int loss_threads(const struct residual_cross_entropy *o) {
  return o->rows * o->classes < LOSS_ALONE ? 1 : o->threads;
}

/* The logarithm of the sum of exponentials, which cannot overflow. */
static inline double log_sum_exp(const float *logits, int64_t classes) {
  float max = logits[0];
  for (int64_t c = 1; c < classes; c++) {
    max = logits[c] > max ? logits[c] : max;
  }
  double sum = 0;
  for (int64_t c = 0; c < classes; c++) {
    sum += exp((double)logits[c] - max);
  }
  return max + log(sum);
}

/* Without a class there is no target: the result is then no number. */
static inline int has_class(const struct residual_cross_entropy *o, int64_t row) {
  return o->labels[row] >= 0 && o->labels[row] < o->classes;
}

static inline double target_of(const struct residual_cross_entropy *o, int64_t row, int64_t c) {
  return (1 - o->smoothing) * o->targets[row * o->classes + c] + o->smoothing / o->classes;
}

static double row_loss_of_targets(const struct residual_cross_entropy *o, int64_t row) {
  const float *logits = o->logits + row * o->classes;
  double all = log_sum_exp(logits, o->classes), loss = 0;
  for (int64_t c = 0; c < o->classes; c++) {
    double target = target_of(o, row, c);
    loss += target == 0 ? 0 : target * (all - logits[c]); /* a class that is not asked for may have -infinity */
  }
  return loss;
}

static double row_loss(const struct residual_cross_entropy *o, int64_t row) {
  const float *logits = o->logits + row * o->classes;
  if (o->targets) {
    return row_loss_of_targets(o, row);
  }
  if (!has_class(o, row)) {
    return NAN;
  }
  double loss = log_sum_exp(logits, o->classes) - (1 - o->smoothing) * logits[o->labels[row]];
  if (o->smoothing > 0) {
    double sum = 0;
    for (int64_t c = 0; c < o->classes; c++) {
      sum += logits[c];
    }
    loss -= o->smoothing / o->classes * sum;
  }
  return loss;
}

static void cross_entropy(const struct residual_cross_entropy *o) {
  int threads = loss_threads(o);
  double sums[threads];
  memset(sums, 0, sizeof(sums));
#pragma omp parallel num_threads(threads)
  {
    uint32_t csr = flush_denormals();
    int64_t t = omp_get_thread_num();
    int64_t team = omp_get_num_threads();
    double sum = 0;
    for (int64_t r = o->rows * t / team; r < o->rows * (t + 1) / team; r++) {
      sum += row_loss(o, r);
    }
    sums[t] = sum;
    restore_denormals(csr);
  }
  double total = 0;
  for (int t = 0; t < threads; t++) {
    total += sums[t];
  }
  *o->loss = (float)(o->weight * total / o->rows);
}

/* The softmax counts as often as the targets of the row say in sum. */
static void row_gradient_of_targets(const struct residual_cross_entropy *o, int64_t row, double scale) {
  const float *logits = o->logits + row * o->classes;
  float *diff = o->diff_logits + row * o->classes;
  double all = log_sum_exp(logits, o->classes), sum = 0;
  for (int64_t c = 0; c < o->classes; c++) {
    sum += target_of(o, row, c);
  }
  for (int64_t c = 0; c < o->classes; c++) {
    diff[c] = (float)((exp(logits[c] - all) * sum - target_of(o, row, c)) * scale);
  }
}

static void row_gradient(const struct residual_cross_entropy *o, int64_t row, double scale) {
  if (o->targets) {
    row_gradient_of_targets(o, row, scale);
    return;
  }
  const float *logits = o->logits + row * o->classes;
  float *diff = o->diff_logits + row * o->classes;
  double sum = has_class(o, row) ? log_sum_exp(logits, o->classes) : NAN;
  for (int64_t c = 0; c < o->classes; c++) {
    double target = o->smoothing / o->classes + (c == o->labels[row] ? 1 - o->smoothing : 0);
    diff[c] = (float)((exp(logits[c] - sum) - target) * scale);
  }
}

static void cross_entropy_backward(const struct residual_cross_entropy *o) {
  double scale = o->weight * (o->diff_loss ? *o->diff_loss : 1.0) / o->rows;
#pragma omp parallel num_threads(loss_threads(o))
  {
    uint32_t csr = flush_denormals();
    int64_t t = omp_get_thread_num();
    int64_t team = omp_get_num_threads();
    for (int64_t r = o->rows * t / team; r < o->rows * (t + 1) / team; r++) {
      row_gradient(o, r, scale);
    }
    restore_denormals(csr);
  }
}
