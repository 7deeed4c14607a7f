/* Each thread finds the range of a part, and then quantizes that part. */
#include "ops/row_quantize.h"

#include <math.h>

enum { kMostParts = 64 };

typedef struct part_range {
  float low, high;
} part_range;

typedef struct row_job {
  const ln_quantize_q8* kernel;
  const float* values;
  size_t count, parts;
  uint8_t flip;
  uint8_t* bytes;
  float* whole;
  ln_row_scale how;
  part_range* ranges;
} row_job;

/* NaN is looked over, but at the very first place, from which the range of the whole row starts. */
static void find_range(void* arg, size_t part) {
  row_job* j = arg;
  const size_t end = ln_share_begin(j->count, j->parts, part + 1);
  size_t at = ln_share_begin(j->count, j->parts, part);
  while (part > 0 && at < end && isnan(j->values[at])) ++at;
  j->ranges[part] = (part_range){NAN, NAN};
  if (at < end) j->kernel->range_f32(j->values + at, end - at, &j->ranges[part].low, &j->ranges[part].high);
}

static ln_row_scale choose_in_parts(TfLiteContext* context, row_job* j, bool asymmetric) {
  part_range ranges[kMostParts] = {{0.0f, 0.0f}};
  j->ranges = ranges;
  ln_parallel_for(context, find_range, j, j->parts);
  part_range all = ranges[0];
  for (size_t i = 1; i < j->parts; ++i) {
    all.low = ranges[i].low < all.low ? ranges[i].low : all.low;
    all.high = ranges[i].high > all.high ? ranges[i].high : all.high;
  }
  return ln_row_scale_of(all.low, all.high, asymmetric);
}

static void quantize_part(void* arg, size_t part) {
  const row_job* j = arg;
  const size_t at = ln_share_begin(j->count, j->parts, part), n = ln_share_begin(j->count, j->parts, part + 1) - at;
  if (j->whole != NULL)
    ln_scale_row_f32(j->kernel, &j->how, j->values + at, n, j->whole + at);
  else
    ln_scale_row_q8(j->kernel, &j->how, j->values + at, n, j->flip, j->bytes + at);
}

ln_row_scale ln_quantize_row(TfLiteContext* context, const float* values, size_t count, bool asymmetric, uint8_t flip,
                             uint8_t* bytes, float* whole) {
  const double kFloatsPerNs = 4;
  row_job job = {.kernel = ln_quantize_q8_best(),
                 .values = values,
                 .count = count,
                 .parts = 1,
                 .flip = flip,
                 .bytes = bytes,
                 .whole = whole};
  if (ln_is_worth_sharing(context, (double)count / kFloatsPerNs)) {
    const size_t threads = (size_t)ln_thread_count(context), most = threads < kMostParts ? threads : kMostParts;
    job.parts = most < count ? most : count;
  }
  job.how = job.parts > 1 ? choose_in_parts(context, &job, asymmetric)
                          : ln_choose_row_scale(job.kernel, values, count, asymmetric);
  ln_parallel_for(context, quantize_part, &job, job.parts);
  return job.how;
}
