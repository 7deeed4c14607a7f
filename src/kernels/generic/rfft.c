#include "kernels/generic/rfft.h"

#include <math.h>

static const double kPi = 3.14159265358979323846264338327950288;

ln_rfft_plan ln_rfft_make_plan(int32_t length, bool inverse) {
  ln_rfft_plan plan = {.inverse = inverse, .points = length / 2};
  int32_t radix = 4, rest = plan.points, count = 0;
  do {
    while (rest % radix != 0) {
      radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2;
      if ((int64_t)radix * radix > plan.points) radix = rest; /* no factor is left but itself */
    }
    rest /= radix;
    plan.stages[count++] = (ln_rfft_stage){radix, rest};
    if (radix > plan.largest_radix) plan.largest_radix = radix;
  } while (rest > 1);
  return plan;
}

#define TYPE s16
#define SCALAR int16_t
#define WIDE int32_t
#define FACTOR(x) ((int16_t)floor(.5 + INT16_MAX * (x)))
#define ROUND(x) ((int16_t)(((x) + (1 << 14)) >> 15))
#define ADD(a, b) ((int16_t)((a) + (b)))
#define SUB(a, b) ((int16_t)((a) - (b)))
#define HALF(x) ((int16_t)((x) >> 1))
#define HALF_ADD(a, b) ((int16_t)(((a) + (b)) >> 1))
#define HALF_SUB(a, b) ((int16_t)(((a) - (b)) >> 1))
#define PART(x, k) ROUND((int32_t)(x) * (INT16_MAX / (k)))
#define LENGTH_PART(x, n) (x)
#include "kernels/generic/rfft_impl.h"

/* Sums of 32 bits wrap around; they are made of unsigned numbers because those may. */
#define TYPE s32
#define SCALAR int32_t
#define WIDE int64_t
#define FACTOR(x) ((int32_t)floor(.5 + INT32_MAX * (x)))
#define ROUND(x) ((int32_t)(((x) + (1 << 30)) >> 31))
#define ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define SUB(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)))
#define HALF(x) ((x) >> 1)
#define HALF_ADD(a, b) (ADD(a, b) >> 1)
#define HALF_SUB(a, b) (SUB(a, b) >> 1)
#define PART(x, k) ROUND((int64_t)(x) * (INT32_MAX / (k)))
#define LENGTH_PART(x, n) (x)
#include "kernels/generic/rfft_impl.h"

#define TYPE f32
#define SCALAR float
#define WIDE float
#define FACTOR(x) ((float)(x))
#define ROUND(x) (x)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define HALF(x) (0.5f * (x))
#define HALF_ADD(a, b) (0.5f * ((a) + (b)))
#define HALF_SUB(a, b) (0.5f * ((a) - (b)))
#define PART(x, k) ((void)(k), (x))
#define LENGTH_PART(x, n) ((x) / (float)(n))
#include "kernels/generic/rfft_impl.h"
