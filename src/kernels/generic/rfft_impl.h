/* The transforms of rfft.h for one scalar type; rfft.c includes this once for each. It defines
 *   TYPE                 the suffix, s16
 *   SCALAR, WIDE         the type, and one that holds the sum of two products
 *   FACTOR(x)            a cosine or sine as a scalar
 *   ROUND(wide)          back to a scalar
 *   ADD, SUB (a, b)      of scalars, modulo their range
 *   HALF_ADD, HALF_SUB   half a sum or difference
 *   PART(x, k)           x / k
 *   DIVIDE(out, n)       what the inverse does to its n results
 */
#define LN_JOIN3(a, b, c) a##b##c
#define LN_NAME3(a, b, c) LN_JOIN3(a, b, c)
#define FN(name) LN_NAME3(name, _, TYPE)
#define PUBLIC(name) LN_NAME3(ln_##name##_, TYPE, _ref)
#define C FN(complex)

typedef struct C {
  SCALAR re, im;
} C;

static SCALAR FN(product)(SCALAR a, SCALAR b) { return ROUND((WIDE)a * b); }

static C FN(multiply)(C a, C b) {
  return (C){ROUND((WIDE)a.re * b.re - (WIDE)a.im * b.im), ROUND((WIDE)a.re * b.im + (WIDE)a.im * b.re)};
}

static C FN(add)(C a, C b) { return (C){ADD(a.re, b.re), ADD(a.im, b.im)}; }
static C FN(subtract)(C a, C b) { return (C){SUB(a.re, b.re), SUB(a.im, b.im)}; }
static C FN(part)(C a, int32_t k) { return (C){PART(a.re, k), PART(a.im, k)}; }
static C FN(conjugate)(C a) { return (C){a.re, SUB(0, a.im)}; }

/* exp(i angle). */
static C FN(factor)(double angle) { return (C){FACTOR(cos(angle)), FACTOR(sin(angle))}; }

void PUBLIC(rfft_tables)(const ln_rfft_plan* plan, SCALAR* tables) {
  C *turns = (C*)(void*)tables, *split = turns + plan->points;
  const double sign = plan->inverse ? -1 : 1;
  for (int32_t i = 0; i < plan->points; ++i) turns[i] = FN(factor)(sign * (-2 * kPi * i / plan->points));
  for (int32_t i = 0; i < plan->points / 2; ++i)
    split[i] = FN(factor)(sign * (-kPi * ((double)(i + 1) / plan->points + .5)));
}

/* What the stages of one transform share. `step` is how far apart factors of one stage stand. */
typedef struct FN(work) {
  const ln_rfft_plan* plan;
  const C* turns;
} FN(work);

static void FN(radix2)(const FN(work) * w, C* x, size_t step, size_t m) {
  for (size_t k = 0; k < m; ++k, ++x) {
    const C even = FN(part)(x[0], 2), odd = FN(multiply)(FN(part)(x[m], 2), w->turns[k * step]);
    x[m] = FN(subtract)(even, odd);
    x[0] = FN(add)(even, odd);
  }
}

static void FN(radix3)(const FN(work) * w, C* x, size_t step, size_t m) {
  const SCALAR sine = w->turns[step * m].im;
  for (size_t k = 0; k < m; ++k, ++x) {
    const C a = FN(part)(x[0], 3);
    const C b = FN(multiply)(FN(part)(x[m], 3), w->turns[k * step]);
    const C c = FN(multiply)(FN(part)(x[2 * m], 3), w->turns[2 * k * step]);
    const C sum = FN(add)(b, c), difference = FN(subtract)(b, c);
    const C middle = {SUB(a.re, HALF(sum.re)), SUB(a.im, HALF(sum.im))};
    const C turned = {FN(product)(difference.re, sine), FN(product)(difference.im, sine)};
    x[0] = FN(add)(a, sum);
    x[m] = (C){SUB(middle.re, turned.im), ADD(middle.im, turned.re)};
    x[2 * m] = (C){ADD(middle.re, turned.im), SUB(middle.im, turned.re)};
  }
}

static void FN(radix4)(const FN(work) * w, C* x, size_t step, size_t m) {
  for (size_t k = 0; k < m; ++k, ++x) {
    const C a = FN(part)(x[0], 4);
    const C b = FN(multiply)(FN(part)(x[m], 4), w->turns[k * step]);
    const C c = FN(multiply)(FN(part)(x[2 * m], 4), w->turns[2 * k * step]);
    const C d = FN(multiply)(FN(part)(x[3 * m], 4), w->turns[3 * k * step]);
    const C even = FN(add)(a, c), even_other = FN(subtract)(a, c);
    const C odd = FN(add)(b, d), odd_other = FN(subtract)(b, d);
    const C minus_i = {ADD(even_other.re, odd_other.im), SUB(even_other.im, odd_other.re)};
    const C plus_i = {SUB(even_other.re, odd_other.im), ADD(even_other.im, odd_other.re)};
    x[0] = FN(add)(even, odd);
    x[2 * m] = FN(subtract)(even, odd);
    x[m] = w->plan->inverse ? plus_i : minus_i;
    x[3 * m] = w->plan->inverse ? minus_i : plus_i;
  }
}

static void FN(radix5)(const FN(work) * w, C* x, size_t step, size_t m) {
  const C y = w->turns[step * m], z = w->turns[2 * step * m];
  for (size_t k = 0; k < m; ++k, ++x) {
    C t[5];
    for (size_t i = 0; i < 5; ++i) t[i] = FN(part)(x[i * m], 5);
    for (size_t i = 1; i < 5; ++i) t[i] = FN(multiply)(t[i], w->turns[i * k * step]);
    const C outer = FN(add)(t[1], t[4]), outer_other = FN(subtract)(t[1], t[4]);
    const C inner = FN(add)(t[2], t[3]), inner_other = FN(subtract)(t[2], t[3]);
    const C a = {ADD(ADD(t[0].re, FN(product)(outer.re, y.re)), FN(product)(inner.re, z.re)),
                 ADD(ADD(t[0].im, FN(product)(outer.im, y.re)), FN(product)(inner.im, z.re))};
    const C b = {ADD(FN(product)(outer_other.im, y.im), FN(product)(inner_other.im, z.im)),
                 SUB(SUB(0, FN(product)(outer_other.re, y.im)), FN(product)(inner_other.re, z.im))};
    const C c = {ADD(ADD(t[0].re, FN(product)(outer.re, z.re)), FN(product)(inner.re, y.re)),
                 ADD(ADD(t[0].im, FN(product)(outer.im, z.re)), FN(product)(inner.im, y.re))};
    const C d = {ADD(SUB(0, FN(product)(outer_other.im, z.im)), FN(product)(inner_other.im, y.im)),
                 SUB(FN(product)(outer_other.re, z.im), FN(product)(inner_other.re, y.im))};
    x[0] = FN(add)(t[0], FN(add)(outer, inner));
    x[m] = FN(subtract)(a, b);
    x[2 * m] = FN(add)(c, d);
    x[3 * m] = FN(subtract)(c, d);
    x[4 * m] = FN(add)(a, b);
  }
}

/* Transforms every step-th number of `in`. */
static void FN(transform)(const FN(work) * w, C* out, const C* in, size_t step, const ln_rfft_stage* stage) {
  const size_t radix = (size_t)stage->radix, m = (size_t)stage->points;
  for (size_t i = 0; i < radix; ++i) {
    if (m == 1)
      out[i] = in[i * step];
    else
      FN(transform)(w, out + i * m, in + i * step, step * radix, stage + 1);
  }
  switch (radix) {
    case 2:
      FN(radix2)(w, out, step, m);
      break;
    case 3:
      FN(radix3)(w, out, step, m);
      break;
    case 4:
      FN(radix4)(w, out, step, m);
      break;
    default:
      FN(radix5)(w, out, step, m);
  }
}

/* The real signal's even samples are taken for real parts and its odd ones for imaginary parts of half as many complex
 * ones; their spectra are then told apart by symmetry. */
void PUBLIC(rfft)(const ln_rfft_plan* plan, const SCALAR* tables, const SCALAR* in, SCALAR* scratch, SCALAR* out) {
  const C *turns = (const C*)(const void*)tables, *split = turns + plan->points;
  C *half = (C*)(void*)scratch, *spectrum = (C*)(void*)out;
  const int32_t n = plan->points;
  const FN(work) w = {plan, turns};
  FN(transform)(&w, half, (const C*)(const void*)in, 1, plan->stages);
  const C first = FN(part)(half[0], 2);
  spectrum[0] = (C){ADD(first.re, first.im), 0};
  spectrum[n] = (C){SUB(first.re, first.im), 0};
  for (int32_t k = 1; k <= n / 2; ++k) {
    const C a = FN(part)(half[k], 2), b = FN(part)(FN(conjugate)(half[n - k]), 2);
    const C sum = FN(add)(a, b), turned = FN(multiply)(FN(subtract)(a, b), split[k - 1]);
    spectrum[k] = (C){HALF_ADD(sum.re, turned.re), HALF_ADD(sum.im, turned.im)};
    spectrum[n - k] = (C){HALF_SUB(sum.re, turned.re), HALF_SUB(turned.im, sum.im)};
  }
}

void PUBLIC(irfft)(const ln_rfft_plan* plan, const SCALAR* tables, const SCALAR* in, SCALAR* scratch, SCALAR* out) {
  const C *turns = (const C*)(const void*)tables, *split = turns + plan->points;
  const C* spectrum = (const C*)(const void*)in;
  C* half = (C*)(void*)scratch;
  const int32_t n = plan->points;
  const FN(work) w = {plan, turns};
  half[0] = FN(part)((C){ADD(spectrum[0].re, spectrum[n].re), SUB(spectrum[0].re, spectrum[n].re)}, 2);
  for (int32_t k = 1; k <= n / 2; ++k) {
    const C a = FN(part)(spectrum[k], 2), b = FN(part)(FN(conjugate)(spectrum[n - k]), 2);
    const C sum = FN(add)(a, b), turned = FN(multiply)(FN(subtract)(a, b), split[k - 1]);
    half[k] = FN(add)(sum, turned);
    half[n - k] = FN(conjugate)(FN(subtract)(sum, turned));
  }
  FN(transform)(&w, (C*)(void*)out, half, 1, plan->stages);
  DIVIDE(out, 2 * n);
}

#undef C
#undef FN
#undef PUBLIC
#undef LN_NAME3
#undef LN_JOIN3
#undef TYPE
#undef SCALAR
#undef WIDE
#undef FACTOR
#undef ROUND
#undef ADD
#undef SUB
#undef HALF
#undef HALF_ADD
#undef HALF_SUB
#undef PART
#undef DIVIDE
