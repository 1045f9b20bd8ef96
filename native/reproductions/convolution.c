/* One convolution of oneDNN on small integers, whose sums are exact, compared with its definition: native/README.md says how to build and call it. */
#include <dnnl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define CHECK(call) do { dnnl_status_t s = (call); if (s) { printf("%s: %d\n", #call, s); exit(2); } } while (0)

static dnnl_engine_t engine;
static dnnl_stream_t stream;

/* Memory before and behind which every byte is 255: NaN, read as a float. */
static dnnl_memory_t memory(const_dnnl_memory_desc_t desc) {
  dnnl_memory_t m;
  size_t bytes = dnnl_memory_desc_get_size(desc), room = (bytes + 8255) / 64 * 64;
  char *p = memset(aligned_alloc(64, room), 255, room);
  CHECK(dnnl_memory_create(&m, desc, engine, p + 4096));
  return m;
}

static void copy(dnnl_memory_t from, dnnl_memory_t to) {
  const_dnnl_memory_desc_t a, b;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t reorder;
  CHECK(dnnl_memory_get_memory_desc(from, &a));
  CHECK(dnnl_memory_get_memory_desc(to, &b));
  CHECK(dnnl_reorder_primitive_desc_create(&desc, a, engine, b, engine, NULL));
  CHECK(dnnl_primitive_create(&reorder, desc));
  dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  CHECK(dnnl_primitive_execute(reorder, stream, 2, args));
  CHECK(dnnl_stream_wait(stream));
}

static dnnl_memory_desc_t desc(int rank, const dnnl_dim_t *dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t d;
  CHECK(dnnl_memory_desc_create_with_tag(&d, rank, dims, type, tag));
  return d;
}

int main(int argc, char **argv) {
  if (argc != 19) { return puts("fwd|data|weights f32|bf16|u8|s8 g n ic ih iw oc kh kw sh sw top left bottom right dh dw"), 2; }
  long v[16];
  for (int i = 0; i < 16; i++) { v[i] = atol(argv[i + 3]); }
  long g = v[0], n = v[1], ic = v[2], ih = v[3], iw = v[4], oc = v[5], kh = v[6], kw = v[7], sh = v[8], sw = v[9];
  long top = v[10], left = v[11], bottom = v[12], right = v[13], dh = v[14], dw = v[15];
  long oh = (ih + top + bottom - (kh - 1) * dh - 1) / sh + 1, ow = (iw + left + right - (kw - 1) * dw - 1) / sw + 1;
  int data = !strcmp(argv[1], "data"), weights = !strcmp(argv[1], "weights");
  dnnl_data_type_t f32 = dnnl_f32, type = !strcmp(argv[2], "f32") ? dnnl_f32 : !strcmp(argv[2], "bf16") ? dnnl_bf16
      : !strcmp(argv[2], "u8") ? dnnl_u8 : dnnl_s8;
  dnnl_data_type_t wide = type == dnnl_bf16 ? dnnl_bf16 : dnnl_f32, kernel = type == dnnl_u8 ? dnnl_s8 : type;
  dnnl_dims_t sd = {n, ic, ih, iw}, dd = {n, oc, oh, ow}, wd = {g, oc / g, ic / g, kh, kw};
  dnnl_dims_t strides = {sh, sw}, dilates = {dh - 1, dw - 1}, begin = {top, left}, end = {bottom, right};
  CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0));
  CHECK(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));

  /* Small integers, whose sums of products are exact. */
  long ns = n * ic * ih * iw, nd = n * oc * oh * ow, nw = oc * (ic / g) * kh * kw;
  dnnl_memory_t s = memory(desc(4, sd, f32, dnnl_nchw)), d = memory(desc(4, dd, f32, dnnl_nchw)), w = memory(desc(5, wd, f32, dnnl_goihw));
  float *sp, *dp, *wp;
  dnnl_memory_get_data_handle(s, (void **)&sp), dnnl_memory_get_data_handle(d, (void **)&dp), dnnl_memory_get_data_handle(w, (void **)&wp);
  for (long i = 0; i < ns; i++) { sp[i] = (i * 7919 + i / 5) % 7 - (type == dnnl_u8 ? 0 : 3); }
  for (long i = 0; i < nd; i++) { dp[i] = (i * 6101 + i / 3) % 7 - 3; }
  for (long i = 0; i < nw; i++) { wp[i] = (i * 4099 + i / 7) % 7 - 3; }

  /* The definition. */
  long nr = weights ? nw : data ? ns : nd;
  double *wanted = calloc(nr, sizeof *wanted);
  for (long b = 0; b < n; b++) for (long o = 0; o < oc; o++) for (long y = 0; y < oh; y++) for (long x = 0; x < ow; x++)
    for (long i = 0; i < ic / g; i++) for (long p = 0; p < kh; p++) for (long q = 0; q < kw; q++) {
      long h = y * sh - top + p * dh, c = x * sw - left + q * dw;
      if (h < 0 || h >= ih || c < 0 || c >= iw) { continue; }
      long si = ((b * ic + o / (oc / g) * (ic / g) + i) * ih + h) * iw + c, di = ((b * oc + o) * oh + y) * ow + x;
      long wi = ((o * (ic / g) + i) * kh + p) * kw + q;
      if (weights) { wanted[wi] += sp[si] * dp[di]; } else if (data) { wanted[si] += dp[di] * wp[wi]; } else { wanted[di] += sp[si] * wp[wi]; }
    }

  dnnl_memory_desc_t src = desc(4, sd, type, dnnl_nhwc), dst = desc(4, dd, wide, dnnl_nhwc);
  dnnl_memory_desc_t any = desc(5, wd, kernel, dnnl_format_tag_any), gradient = desc(5, wd, f32, dnnl_format_tag_any);
  dnnl_primitive_desc_t hint = NULL, p;
  CHECK(dnnl_convolution_forward_primitive_desc_create(&hint, engine, data || weights ? dnnl_forward_training : dnnl_forward_inference,
      dnnl_convolution_direct, src, any, NULL, dst, strides, dilates, begin, end, NULL));
  p = hint;
  if (data) {
    CHECK(dnnl_convolution_backward_data_primitive_desc_create(&p, engine, dnnl_convolution_direct, src, any, dst, strides, dilates, begin,
        end, hint, NULL));
  }
  if (weights) {
    CHECK(dnnl_convolution_backward_weights_primitive_desc_create(&p, engine, dnnl_convolution_direct, src, gradient, NULL, dst, strides,
        dilates, begin, end, hint, NULL));
  }
  const char *name;
  CHECK(dnnl_primitive_desc_query(p, dnnl_query_impl_info_str, 0, &name));
  printf("%-32s", name), fflush(stdout);
  dnnl_memory_t ms = memory(src), md = memory(dst);
  dnnl_memory_t mw = memory(dnnl_primitive_desc_query_md(p, weights ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0));
  if (!data) { copy(s, ms); }
  if (data || weights) { copy(d, md); }
  if (!weights) { copy(w, mw); }
  dnnl_exec_arg_t args[] = {{data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, ms}, {weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, mw},
      {data || weights ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, md}};
  dnnl_primitive_t convolution;
  CHECK(dnnl_primitive_create(&convolution, p));
  CHECK(dnnl_primitive_execute(convolution, stream, 3, args));
  CHECK(dnnl_stream_wait(stream));
  copy(weights ? mw : data ? ms : md, weights ? w : data ? s : d);
  float *found = weights ? wp : data ? sp : dp;
  long wrong = 0;
  for (long i = 0; i < nr; i++) { wrong += !(fabs(found[i] - wanted[i]) <= fabs(wanted[i]) / 256 * (wide == dnnl_bf16 && !weights)); }
  printf("%ld of %ld wrong\n", wrong, nr);
  return wrong > 0;
}
