/* The table covers 0 to 10.6; both functions are made of its values and their symmetry. */
#include "kernels/generic/sigmoid_s16.h"

/* 65536 / (1 + exp(-i / 24)), moved by half the error that interpolation makes in the middle of its stretch, rounded.
 */
static const uint16_t kTable[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534};

/* The value at `x` steps of 1 / 24 / 2^bits, with `bits` bits more; behind the table `end`. Without branches, which
 * would depend on data. */
static inline int32_t interpolate(uint32_t x, int bits, int32_t end) {
  const uint32_t index = x >> bits, inside = 0u - (uint32_t)(index < 255), at = (index & inside) | (254 & ~inside);
  const uint32_t low = kTable[at], high = kTable[at + 1], rest = x & ((1u << bits) - 1);
  return (int32_t)((((low << bits) + rest * (high - low)) & inside) | ((uint32_t)end & ~inside));
}

static inline int32_t scale(const ln_sigmoid_s16* p, int16_t x) {
  const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
  return (x * p->multiplier + half) >> p->shift;
}

/* All ones where x is negative. */
static inline int32_t sign_of(int32_t x) { return -(x < 0); }

static inline int32_t negate_if(int32_t sign, int32_t x) {
  return (int32_t)(((uint32_t)x ^ (uint32_t)sign) - (uint32_t)sign);
}

void ln_logistic_s16(const void* params, const void* in, void* out, size_t n) {
  enum { BITS = 9 };
  const int16_t* from = in;
  int16_t* to = out;
  for (size_t i = 0; i < n; ++i) {
    const int32_t x = scale(params, from[i]), sign = sign_of(x);
    const int32_t value = interpolate((uint32_t)negate_if(sign, x), BITS, 0x7fff << (BITS + 1));
    const int32_t rounded = negate_if(sign, value) + (sign & ((1 << (16 + BITS)) - 1)) + (1 << BITS);
    to[i] = (int16_t)(rounded >> (BITS + 1));
  }
}

/* tanh(x) = 2 logistic(2x) - 1. Looked up between two loops that compilers make vectors of. */
void ln_tanh_s16(const void* params, const void* in, void* out, size_t n) {
  enum { BITS = 8, CHUNK = 64 };
  const ln_sigmoid_s16* p = params;
  const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
  for (size_t done = 0; done < n; done += CHUNK) {
    const size_t count = n - done < CHUNK ? n - done : CHUNK;
    const int16_t* from = (const int16_t*)in + done;
    int16_t* to = (int16_t*)out + done;
    int32_t scaled[CHUNK];
    uint32_t value[CHUNK];
    for (size_t i = 0; i < count; ++i) scaled[i] = (from[i] * p->multiplier + half) >> p->shift;
    for (size_t i = 0; i < count; ++i)
      value[i] = (uint32_t)interpolate((uint32_t)negate_if(sign_of(scaled[i]), scaled[i]), BITS, 0xffff << BITS);
    for (size_t i = 0; i < count; ++i) {
      const int32_t sign = sign_of(scaled[i]);
      const int32_t centred = negate_if(sign, (int32_t)value[i] - (1 << (15 + BITS))) + sign;
      to[i] = (int16_t)((centred + (1 << (BITS - 1))) >> BITS);
    }
  }
}
