#include "kernels/generic/select.h"

#include <string.h>

void ln_select_add(ln_select_shape* s, size_t extent, const size_t strides[3]) {
  if (extent == 1) return;
  const int last = s->rank - 1;
  size_t(*to)[3] = &s->strides[last >= 0 ? last : 0];
  if (last >= 0 && (*to)[0] == strides[0] * extent && (*to)[1] == strides[1] * extent &&
      (*to)[2] == strides[2] * extent) {
    s->extents[last] *= extent;
  } else {
    s->extents[s->rank] = extent;
    to = &s->strides[s->rank++];
  }
  memcpy(*to, strides, sizeof *to);
}

/* With masks, which compilers make vectors of; steps are 0 or 1. */
#define LN_SELECT_MASKED(type, y_step, z_step)         \
  for (size_t i = 0; i < n; ++i) {                     \
    const type mask = (type)(0 - (type)(c[i] != 0));   \
    type a, b;                                         \
    memcpy(&a, y + i * (y_step) * sizeof a, sizeof a); \
    memcpy(&b, z + i * (z_step) * sizeof b, sizeof b); \
    a = (type)((a & mask) | (b & (type)~mask));        \
    memcpy(out + i * sizeof a, &a, sizeof a);          \
  }

#define LN_SELECT_ROW(type)                                                                                        \
  if (steps[0] == 1 && steps[1] == 1 && steps[2] == 1) {                                                           \
    LN_SELECT_MASKED(type, 1, 1)                                                                                   \
  } else if (steps[0] == 1 && steps[1] == 1 && steps[2] == 0) {                                                    \
    LN_SELECT_MASKED(type, 1, 0)                                                                                   \
  } else if (steps[0] == 1 && steps[1] == 0 && steps[2] == 1) {                                                    \
    LN_SELECT_MASKED(type, 0, 1)                                                                                   \
  } else {                                                                                                         \
    for (size_t i = 0; i < n; ++i) {                                                                               \
      const char* from = c[i * steps[0]] != 0 ? y + i * steps[1] * sizeof(type) : z + i * steps[2] * sizeof(type); \
      type value;                                                                                                  \
      memcpy(&value, from, sizeof value);                                                                          \
      memcpy(out + i * sizeof value, &value, sizeof value);                                                        \
    }                                                                                                              \
  }

static void select_row(const uint8_t* c, const char* y, const char* z, char* out, const size_t steps[3], size_t n,
                       size_t bytes) {
  if (steps[0] == 0 && steps[*c != 0 ? 1 : 2] == 1) {
    memmove(out, *c != 0 ? y : z, n * bytes);
    return;
  }
  switch (bytes) {
    case 1:
      LN_SELECT_ROW(uint8_t)
      break;
    case 2:
      LN_SELECT_ROW(uint16_t)
      break;
    case 4:
      LN_SELECT_ROW(uint32_t)
      break;
    case 8:
      LN_SELECT_ROW(uint64_t)
      break;
    default:
      for (size_t i = 0; i < n; ++i)
        memmove(out + i * bytes, c[i * steps[0]] != 0 ? y + i * steps[1] * bytes : z + i * steps[2] * bytes, bytes);
  }
}

void ln_select(const ln_select_shape* s, const uint8_t* condition, const void* yes, const void* no, void* out,
               size_t bytes) {
  static const size_t kOne[3] = {0, 0, 0};
  for (int i = 0; i < s->rank; ++i)
    if (s->extents[i] == 0) return;
  const int inner = s->rank - 1;
  const size_t n = inner >= 0 ? s->extents[inner] : 1;
  const uint8_t* c = condition;
  const char *y = yes, *z = no;
  char* to = out;
  size_t index[LN_SELECT_MAX_RANK] = {0};
  for (;;) {
    select_row(c, y, z, to, inner >= 0 ? s->strides[inner] : kOne, n, bytes);
    to += n * bytes;
    int axis = inner - 1;
    for (; axis >= 0; --axis) {
      const size_t *step = s->strides[axis], back = s->extents[axis] - 1;
      if (++index[axis] < s->extents[axis]) {
        c += step[0];
        y += step[1] * bytes;
        z += step[2] * bytes;
        break;
      }
      c -= step[0] * back;
      y -= step[1] * back * bytes;
      z -= step[2] * back * bytes;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
