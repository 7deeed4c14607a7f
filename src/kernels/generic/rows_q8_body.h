/* The body of quantized rows of bytes, for one width of vectors: a template. The including file defines vec (32-bit
 * lanes), kLanes, its operations vec_…, and requant on it. Four vectors of lanes make a block of bytes; what is left at
 * the end of a row goes through a block of its own. No include guard on purpose. */
#include "kernels/generic/rows_plain_body.h"

enum { kBlock = 4 * kLanes };

typedef struct numbers {
  vec multiplier, offset, sign_shift, shift;
} numbers;

static inline numbers numbers_of(const ln_requant_q8* r) {
  return (numbers){vec_set(r->multiplier), vec_set(r->offset), vec_set(r->sign_shift), vec_set(r->shift)};
}

static inline vec apply(const numbers* n, vec x) {
  return requant(x, n->multiplier, n->offset, n->sign_shift, n->shift);
}

typedef struct add_vectors {
  numbers a, b, out;
  vec a_start, b_start, out_start, flip;
  uint32_t left_shift;
  bool subtract;
  vecf a_factor, b_factor, base;
  uint32_t sure;
  bool is_signed;
  range to;
} add_vectors;

/* A byte as it is. */
LN_INLINE vec whole_byte(const uint8_t* p, bool is_signed) {
  return is_signed ? vec_load_signed(p) : vec_load_bytes(p, vec_set(0));
}

/* Less its zero point. */
LN_INLINE vecf number(const uint8_t* p, bool is_signed, vec zero) {
  return vecf_from(vec_sub(whole_byte(p, is_signed), zero));
}

/* The short way; false: it is not open, or leaves doubt. */
LN_INLINE bool add_shortly(const add_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  vec v[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    const vecf x = vecf_from(whole_byte(a + i * kLanes, p->is_signed));
    const vecf y = vecf_from(whole_byte(b + i * kLanes, p->is_signed));
    v[i] = vec_nearly(vecf_fma(x, p->a_factor, vecf_fma(y, p->b_factor, p->base)));
  }
  if (vec_any_without(v, p->sure)) return false;
  vec_store_short_bytes(out, v, &p->to);
  return true;
}

LN_INLINE vec add_input(const numbers* n, vec x, vec start, uint32_t left_shift, bool halves) {
  return halves ? vec_add(vec_shift_left(x, left_shift - 1), start)
                : apply(n, vec_add(vec_shift_left(x, left_shift), start));
}

LN_INLINE void add_block(const add_vectors* p, bool a_halves, bool b_halves, const uint8_t* a, const uint8_t* b,
                         uint8_t* out) {
  vec r[4];
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    const vec left = add_input(&p->a, vec_load_bytes(a + v * kLanes, p->flip), p->a_start, p->left_shift, a_halves);
    const vec right = add_input(&p->b, vec_load_bytes(b + v * kLanes, p->flip), p->b_start, p->left_shift, b_halves);
    const vec sum = p->subtract ? vec_sub(left, right) : vec_add(left, right);
    r[v] = apply(&p->out, vec_add(sum, p->out_start));
  }
  vec_store_bytes(out, r, &p->to);
}

static inline void add_none(const add_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  if (!add_shortly(p, a, b, out)) add_block(p, false, false, a, b, out);
}
static inline void add_left(const add_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  if (!add_shortly(p, a, b, out)) add_block(p, true, false, a, b, out);
}
static inline void add_right(const add_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  if (!add_shortly(p, a, b, out)) add_block(p, false, true, a, b, out);
}
static inline void add_both(const add_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  if (!add_shortly(p, a, b, out)) add_block(p, true, true, a, b, out);
}

typedef struct mul_vectors {
  numbers out;
  vec a_zero, b_zero, out_start, flip, a_less, b_less; /* zero points of the inputs as unsigned, and as they are */
  vecf scale, d;
  vec base;
  bool is_signed, is_short;
  range to;
} mul_vectors;

/* The short way; false: it is not open, or leaves doubt. The product is exact. */
LN_INLINE bool mul_shortly(const mul_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  vec v[4];
  if (!p->is_short) return false;
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    const vecf x = number(a + i * kLanes, p->is_signed, p->a_less);
    const vecf y = number(b + i * kLanes, p->is_signed, p->b_less);
    const vecf product = vecf_mul(x, y);
    v[i] = vec_add(vec_nearly(vecf_fma(product, p->scale, vecf_copysign(p->d, product))), p->base);
  }
  if (vec_any_without(v, 0xfff0)) return false;
  vec_store_short_bytes(out, v, &p->to);
  return true;
}

static inline void mul_block(const mul_vectors* p, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  vec r[4];
  if (mul_shortly(p, a, b, out)) return;
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    const vec x = vec_sub(vec_load_bytes(a + v * kLanes, p->flip), p->a_zero);
    const vec y = vec_sub(vec_load_bytes(b + v * kLanes, p->flip), p->b_zero);
    r[v] = apply(&p->out, vec_add(vec_mul(x, y), p->out_start));
  }
  vec_store_bytes(out, r, &p->to);
}

/* An input that does not move is a block of equal bytes. */
#define LN_ROW(block, p)                                                                              \
  const uint8_t *from_a = a, *from_b = b;                                                             \
  uint8_t *to = out, block_a[kBlock], block_b[kBlock], block_out[kBlock];                             \
  if (a_step == 0) from_a = memset(block_a, *from_a, kBlock);                                         \
  if (b_step == 0) from_b = memset(block_b, *from_b, kBlock);                                         \
  size_t i = 0;                                                                                       \
  for (; i + kBlock <= n; i += kBlock) block(&(p), from_a + i * a_step, from_b + i * b_step, to + i); \
  if (i == n) return;                                                                                 \
  if (a_step != 0) from_a = memcpy(block_a, from_a + i, n - i);                                       \
  if (b_step != 0) from_b = memcpy(block_b, from_b + i, n - i);                                       \
  block(&(p), from_a, from_b, block_out);                                                             \
  memcpy(to + i, block_out, n - i);

static inline add_vectors add_vectors_of(const ln_add_q8* s, bool is_signed) {
  return (add_vectors){.a = numbers_of(&s->a),
                       .b = numbers_of(&s->b),
                       .out = numbers_of(&s->out),
                       .a_start = vec_set(s->a_start),
                       .b_start = vec_set(s->b_start),
                       .out_start = vec_set(s->out.bias),
                       .flip = vec_set(s->flip),
                       .left_shift = s->left_shift,
                       .subtract = s->subtract,
                       .a_factor = vecf_set(s->a_factor),
                       .b_factor = vecf_set(s->b_factor),
                       .base = vecf_set(s->base),
                       .sure = s->sure,
                       .is_signed = is_signed,
                       .to = range_of(&s->range)};
}

static inline mul_vectors mul_vectors_of(const ln_mul_q8* s, bool is_signed) {
  return (mul_vectors){.out = numbers_of(&s->out),
                       .a_zero = vec_set((uint32_t)s->a_zero),
                       .b_zero = vec_set((uint32_t)s->b_zero),
                       .out_start = vec_set(s->out.bias),
                       .flip = vec_set(s->flip),
                       .a_less = vec_set((uint32_t)(s->a_zero - s->flip)),
                       .b_less = vec_set((uint32_t)(s->b_zero - s->flip)),
                       .scale = vecf_set(s->scale),
                       .d = vecf_set(s->d),
                       .base = vec_set((uint32_t)ln_requant_q8_base(&s->range)),
                       .is_signed = is_signed,
                       .is_short = s->is_short,
                       .to = range_of(&s->range)};
}

static inline void add_row(bool is_signed, ln_binary_row otherwise, const void* params, const void* a, size_t a_step,
                           const void* b, size_t b_step, void* out, size_t n) {
  ln_add_q8 s;
  if (!ln_add_q8_make(params, is_signed, &s)) {
    otherwise(params, a, a_step, b, b_step, out, n);
    return;
  }
  const add_vectors p = add_vectors_of(&s, is_signed);
  if (s.a_halves && s.b_halves) {
    LN_ROW(add_both, p)
  } else if (s.a_halves) {
    LN_ROW(add_left, p)
  } else if (s.b_halves) {
    LN_ROW(add_right, p)
  } else {
    LN_ROW(add_none, p)
  }
}

static inline void mul_row(bool is_signed, ln_binary_row otherwise, const void* params, const void* a, size_t a_step,
                           const void* b, size_t b_step, void* out, size_t n) {
  ln_mul_q8 s;
  if (!ln_mul_q8_make(params, is_signed, &s)) {
    otherwise(params, a, a_step, b, b_step, out, n);
    return;
  }
  const mul_vectors p = mul_vectors_of(&s, is_signed);
  LN_ROW(mul_block, p)
}

/* ---- A product and a sum for each channel ---- */

typedef struct scale_shift_vectors {
  mul_vectors mul;
  add_vectors add;
  uint32_t sure;
  vecf low, high; /* of the product less the zero point */
  vecf sure_product;
  bool a_halves, b_halves;
} scale_shift_vectors;

/* As add_shortly; the product stays a float. */
LN_INLINE bool scale_shift_shortly(bool is_signed, const scale_shift_vectors* p, const uint8_t* x, const float* factor,
                                   const float* below, const float* from, const float* start, uint8_t* out) {
  vec sums[4];
  vecf farthest = vecf_zero();
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    const size_t i = v * kLanes;
    const vec byte = whole_byte(x + i, is_signed);
    const vecf moved = vecf_by_side(byte, p->mul.a_less, below + i, from + i);
    const vecf value = vecf_fma(vecf_from(byte), vecf_load(factor + i), moved);
    const vecf rounded = vecf_whole(value);
    const vecf middle = vecf_min(p->high, vecf_max(p->low, rounded));
    sums[v] = vec_nearly(vecf_fma(middle, p->add.a_factor, vecf_load(start + i)));
    farthest = vecf_larger(farthest, vecf_sub(value, rounded));
  }
  const bool far = vecf_any_above(farthest, p->sure_product), near = vec_any_without(sums, p->sure);
  if (LN_UNLIKELY(far | near)) return false;
  vec_store_short_bytes(out, sums, &p->add.to);
  return true;
}

LN_NOINLINE static void scale_shift_exactly(const scale_shift_vectors* p, const ln_scale_shift_q8* q, const uint8_t* x,
                                            size_t channel, uint8_t* out) {
  uint8_t middle[kBlock];
  mul_block(&p->mul, x, q->scale + channel, middle);
  add_block(&p->add, p->a_halves, p->b_halves, middle, q->shift + channel, out);
}

LN_INLINE void scale_shift_block(bool is_signed, const scale_shift_vectors* p, const ln_scale_shift_q8* q,
                                 const uint8_t* x, size_t channel, uint8_t* out) {
  if (!scale_shift_shortly(is_signed, p, x, q->factor + channel, q->below + channel, q->from + channel,
                           q->start + channel, out))
    scale_shift_exactly(p, q, x, channel, out);
}

/* Rows by blocks, whose first element is of some channel. */
#define LN_CHANNEL_BLOCKS(name, block_of, vectors_type, numbers_type)                                               \
  LN_INLINE void name(bool is_signed, const vectors_type* p, const numbers_type* q, const uint8_t* x, uint8_t* out, \
                      size_t n) {                                                                                   \
    const size_t step = kBlock % q->channels;                                                                       \
    size_t i = 0, channel = 0;                                                                                      \
    for (; i + kBlock <= n; i += kBlock) {                                                                          \
      block_of(is_signed, p, q, x + i, channel, out + i);                                                           \
      channel += step;                                                                                              \
      channel -= channel >= q->channels ? q->channels : 0;                                                          \
    }                                                                                                               \
    if (i == n) return;                                                                                             \
    uint8_t block[kBlock], result[kBlock];                                                                          \
    memset(block, 0, sizeof block);                                                                                 \
    memcpy(block, x + i, n - i);                                                                                    \
    block_of(is_signed, p, q, block, channel, result);                                                              \
    memcpy(out + i, result, n - i);                                                                                 \
  }

LN_CHANNEL_BLOCKS(scale_shift_blocks, scale_shift_block, scale_shift_vectors, ln_scale_shift_q8)

static void scale_shift(const ln_scale_shift_q8* q, const uint8_t* x, uint8_t* out, size_t n) {
  if (!q->is_sound) {
    ln_scale_shift_q8_ref(q, x, out, n);
    return;
  }
  const ln_mul_quantized* s = &q->product;
  const scale_shift_vectors p = {.mul = mul_vectors_of(&q->mul, q->is_signed),
                                 .add = add_vectors_of(&q->add, q->is_signed),
                                 .sure = q->sure,
                                 .sure_product = vecf_set(q->sure_product),
                                 .low = vecf_set((float)(s->low - s->out_offset)),
                                 .high = vecf_set((float)(s->high - s->out_offset)),
                                 .a_halves = q->add.a_halves,
                                 .b_halves = q->add.b_halves};
  if (q->is_signed)
    scale_shift_blocks(true, &p, q, x, out, n);
  else
    scale_shift_blocks(false, &p, q, x, out, n);
}

/* ---- A product with a number for each channel ---- */

static void scale_fill(const ln_scale_q8* p, const uint8_t* scale) {
  const size_t count = p->channels + LN_SCALE_SHIFT_MORE;
  for (size_t i = 0; i < count; i += p->channels)
    memcpy(p->scale + i, scale, count - i < p->channels ? count - i : p->channels);
  if (!p->is_short) return;
  for (size_t i = 0; i < count; ++i) {
    const int32_t number = (p->is_signed ? (int8_t)p->scale[i] : p->scale[i]) + p->product.b_offset;
    const float factor = (float)(p->unit * number);
    const double start = p->base + (double)factor * p->product.a_offset;
    const double d = number < 0 ? -(double)p->mul.d : (double)p->mul.d;
    p->factor[i] = factor;
    p->below[i] = (float)(start - d);
    p->from[i] = (float)(start + d);
  }
}

typedef struct scale_vectors {
  mul_vectors mul;
  uint32_t sure;
} scale_vectors;

LN_INLINE bool scale_shortly(bool is_signed, const scale_vectors* p, const uint8_t* x, const float* factor,
                             const float* below, const float* from, uint8_t* out) {
  vec v[4];
  LN_UNROLL for (size_t k = 0; k < 4; ++k) {
    const size_t i = k * kLanes;
    const vec byte = whole_byte(x + i, is_signed);
    const vecf start = vecf_by_side(byte, p->mul.a_less, below + i, from + i);
    v[k] = vec_nearly(vecf_fma(vecf_from(byte), vecf_load(factor + i), start));
  }
  if (LN_UNLIKELY(vec_any_without(v, p->sure))) return false;
  vec_store_short_bytes(out, v, &p->mul.to);
  return true;
}

LN_NOINLINE static void scale_exactly(const scale_vectors* p, const uint8_t* x, const uint8_t* scale, uint8_t* out) {
  mul_block(&p->mul, x, scale, out);
}

LN_INLINE void scale_block(bool is_signed, const scale_vectors* p, const ln_scale_q8* q, const uint8_t* x,
                           size_t channel, uint8_t* out) {
  if (!scale_shortly(is_signed, p, x, q->factor + channel, q->below + channel, q->from + channel, out))
    scale_exactly(p, x, q->scale + channel, out);
}

LN_CHANNEL_BLOCKS(scale_blocks, scale_block, scale_vectors, ln_scale_q8)

static void scale(const ln_scale_q8* q, const uint8_t* x, uint8_t* out, size_t n) {
  if (!q->is_short) {
    ln_scale_q8_ref(q, x, out, n);
    return;
  }
  const scale_vectors p = {.mul = mul_vectors_of(&q->mul, q->is_signed), .sure = q->sure};
  if (q->is_signed)
    scale_blocks(true, &p, q, x, out, n);
  else
    scale_blocks(false, &p, q, x, out, n);
}

#define LN_VARIANT(name, body, is_signed)                                                                     \
  static void name(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, \
                   size_t n) {                                                                                \
    body(is_signed, ln_binary_##name##_ref, params, a, a_step, b, b_step, out, n);                            \
  }
LN_VARIANT(add_qu8, add_row, false)
LN_VARIANT(add_qs8, add_row, true)
LN_VARIANT(mul_qu8, mul_row, false)
LN_VARIANT(mul_qs8, mul_row, true)

static const ln_rows_q8_variant variants[] = {
    {ln_binary_add_qu8_ref, add_qu8},         {ln_binary_add_qs8_ref, add_qs8},
    {ln_binary_mul_qu8_ref, mul_qu8},         {ln_binary_mul_qs8_ref, mul_qs8},
    {ln_binary_maximum_u8_ref, maximum_u8},   {ln_binary_maximum_s8_ref, maximum_s8},
    {ln_binary_maximum_s16_ref, maximum_s16}, {ln_binary_minimum_u8_ref, minimum_u8},
    {ln_binary_minimum_s8_ref, minimum_s8},   {ln_binary_minimum_s16_ref, minimum_s16},
    {ln_binary_equal_f32_ref, equal_f32},     {ln_binary_not_equal_f32_ref, not_equal_f32},
    {ln_binary_less_f32_ref, less_f32},       {ln_binary_less_equal_f32_ref, less_equal_f32},
    {ln_binary_add_i32_ref, add_i32},         {ln_binary_sub_i32_ref, sub_i32},
    {ln_binary_mul_i32_ref, mul_i32},         {NULL, NULL}};
