#include "ops/scale_channels.h"

enum { TILE = 16384 };

void ln_scale_channels_free(ln_scale_channels* data) {
  ln_free(data->memory);
  data->memory = NULL;
  data->is_prepared = false;
}

/* Arrays of more are not worth their memory. */
enum { MOST_CHANNELS = 1 << 20 };

/* The channels if `numbers` has just the picture's last dimension, and maybe its first, and it pays; otherwise 0. */
static size_t count_channels(const TfLiteTensor* picture, const TfLiteTensor* numbers) {
  const int rank = ln_rank(picture), own = ln_rank(numbers);
  if (rank < 2 || rank > LN_MAX_RANK || own < 1 || own > rank) return 0;
  const int32_t channels = ln_dim(picture, rank - 1);
  if (channels != ln_dim(numbers, own - 1) || channels > MOST_CHANNELS) return 0;
  for (int i = 0; i < own - 1; ++i)
    if (ln_dim(numbers, i) != 1 && (i + rank - own > 0 || ln_dim(numbers, i) != ln_dim(picture, i))) return 0;
  const int64_t count = ln_num_elements(numbers);
  return count > 0 && ln_num_elements(picture) >= 4 * count ? (size_t)channels : 0;
}

TfLiteStatus ln_scale_channels_prepare(TfLiteContext* context, const ln_binary_io* io, const ln_mul_quantized* product,
                                       ln_scale_channels* data) {
  const bool is_byte = io->a->type == kTfLiteInt8 || io->a->type == kTfLiteUInt8;
  ln_scale_channels_free(data);
  if (!is_byte || io->output->type != io->a->type || ln_is_dynamic(io->output)) return kTfLiteOk;
  const size_t channels = count_channels(io->a, io->b), turned = channels > 0 ? 0 : count_channels(io->b, io->a);
  if (channels + turned == 0) return kTfLiteOk;
  ln_scale_q8* p = &data->numbers;
  p->product = *product;
  if (turned > 0) p->product.a_offset = product->b_offset, p->product.b_offset = product->a_offset;
  p->is_signed = io->a->type == kTfLiteInt8;
  p->channels = channels + turned;
  data->turned = turned > 0;
  data->memory = ln_malloc(ln_scale_q8_size(p->channels));
  LN_CHECK(context, data->memory != NULL, "no memory for the numbers of %zu channels", p->channels);
  ln_scale_q8_make(p, data->memory);
  data->is_prepared = true;
  return kTfLiteOk;
}

typedef struct scale_job {
  const ln_scale_q8* numbers;
  ln_scale_q8_row row;
  const uint8_t* in;
  uint8_t* out;
} scale_job;

static void run_pixels(void* arg, size_t begin, size_t end) {
  const scale_job* j = arg;
  const size_t channels = j->numbers->channels, first = begin * channels;
  j->row(j->numbers, j->in + first, j->out + first, (end - begin) * channels);
}

bool ln_scale_channels_run(TfLiteContext* context, const ln_binary_io* io, const ln_scale_channels* data) {
  if (!data->is_prepared) return false;
  const size_t channels = data->numbers.channels;
  const TfLiteTensor *picture = data->turned ? io->b : io->a, *numbers = data->turned ? io->a : io->b;
  if (channels == 0 || count_channels(picture, numbers) != channels) return false;
  const size_t images = (size_t)ln_num_elements(numbers) / channels;
  const ln_rows_q8* rung = ln_scale_q8_best();
  const size_t pixels = (size_t)ln_num_elements(picture) / channels / images;
  scale_job job = {
      .numbers = &data->numbers, .row = rung->scale, .in = picture->data.uint8, .out = io->output->data.uint8};
  for (size_t i = 0; i < images; ++i) {
    rung->scale_fill(&data->numbers, numbers->data.uint8 + i * channels);
    ln_parallel_ranges(context, run_pixels, &job, pixels, channels < TILE ? TILE / channels : 1, pixels * channels);
    job.in += pixels * channels;
    job.out += pixels * channels;
  }
  return true;
}
