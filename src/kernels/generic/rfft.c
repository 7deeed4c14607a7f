#include "kernels/generic/rfft.h"

#include <math.h>

static const double kPi = 3.14159265358979323846264338327950288;

bool ln_rfft_make_plan(int32_t length, bool inverse, ln_rfft_plan* plan) {
  static const int32_t kRadices[] = {4, 2, 3, 5};
  int32_t rest = length / 2, count = 0;
  if (length < 4 || length % 2 != 0) return false;
  *plan = (ln_rfft_plan){.inverse = inverse, .points = rest};
  for (int i = 0; i < 4; ++i) {
    for (; rest % kRadices[i] == 0; ++count) {
      rest /= kRadices[i];
      plan->stages[count] = (ln_rfft_stage){kRadices[i], rest};
    }
  }
  return rest == 1;
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
#define DIVIDE(out, n) ((void)0)
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
#define DIVIDE(out, n) ((void)0)
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
#define DIVIDE(out, n) \
  for (int32_t i = 0; i < (n); ++i) (out)[i] /= (float)(n)
#include "kernels/generic/rfft_impl.h"
