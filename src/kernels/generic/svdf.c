#include "kernels/generic/svdf.h"

#include <string.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/matvec.h"

/* ---- Float ---- */

static float weigh_f32(const ln_mixed_matrix* time, size_t filter, const float* state, size_t memory) {
  float sum = 0.0f;
  if (time->is_s8) {
    const int8_t* weights = (const int8_t*)time->data + filter * memory;
    for (size_t i = 0; i < memory; ++i) sum += (float)weights[i] * time->scale * state[i];
  } else {
    const float* weights = (const float*)time->data + filter * memory;
    for (size_t i = 0; i < memory; ++i) sum += weights[i] * state[i];
  }
  return sum;
}

void ln_svdf_step_f32(const ln_svdf_f32* svdf, const ln_svdf_scratch* scratch, const float* input, float* state,
                      float* output) {
  const ln_svdf_sizes* s = &svdf->sizes;
  const size_t units = s->filters / s->rank;
  ln_mixed_vector x = {input, NULL, 1.0f, s->inputs};
  if (svdf->features.is_s8) x = ln_mixed_quantize(input, s->inputs, svdf->asymmetric, scratch->s8, scratch->s16);
  memset(scratch->products, 0, s->filters * sizeof *scratch->products);
  ln_mixed_matvec(&svdf->features, s->filters, &x, scratch->sums, scratch->products);
  for (size_t unit = 0; unit < units; ++unit) {
    float sum = 0.0f;
    for (size_t f = unit * s->rank; f < (unit + 1) * s->rank; ++f) {
      float* row = state + f * s->memory;
      memmove(row, row + 1, (s->memory - 1) * sizeof *row);
      row[s->memory - 1] = scratch->products[f];
      sum += weigh_f32(&svdf->time, f, row, s->memory);
    }
    output[unit] = svdf->bias != NULL ? sum + svdf->bias[unit] : sum;
  }
  ln_activate_f32(svdf->activation, output, units);
}

/* ---- Integers ---- */

static uint32_t weigh_s16(const int16_t* weights, const int16_t* state, size_t memory) {
  uint32_t sum = 0;
  for (size_t i = 0; i < memory; ++i) sum += (uint32_t)(weights[i] * state[i]);
  return sum;
}

void ln_svdf_step_s16(const ln_svdf_s16* svdf, const ln_svdf_scratch* scratch, const int8_t* input, int16_t* state,
                      int8_t* output) {
  const ln_svdf_sizes* s = &svdf->sizes;
  for (size_t i = 0; i < s->inputs; ++i) scratch->s16[i] = (int16_t)(input[i] - svdf->input_zero_point);
  ln_matvec_s8_s16(svdf->features, s->filters, s->inputs, scratch->s16, scratch->sums);
  for (size_t unit = 0; unit < s->filters / s->rank; ++unit) {
    uint32_t sum = svdf->bias != NULL ? (uint32_t)svdf->bias[unit] : 0;
    for (size_t f = unit * s->rank; f < (unit + 1) * s->rank; ++f) {
      int16_t* row = state + f * s->memory;
      const int32_t product = ln_requantize(scratch->sums[f], svdf->state_multiplier, svdf->state_shift);
      memmove(row, row + 1, (s->memory - 1) * sizeof *row);
      row[s->memory - 1] = (int16_t)ln_clamp_i32(product, INT16_MIN, INT16_MAX);
      sum += weigh_s16(svdf->time + f * s->memory, row, s->memory);
    }
    const int32_t value = ln_requantize((int32_t)sum, svdf->output_multiplier, svdf->output_shift);
    output[unit] = (int8_t)ln_clamp_i32(ln_saturating_add(value, svdf->output_zero_point), INT8_MIN, INT8_MAX);
  }
}
