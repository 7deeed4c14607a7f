#include "ops/scale_channels.h"

enum { TILE = 16384 };

void ln_scale_channels_free(ln_scale_channels* data) {
  ln_free(data->memory);
  data->memory = NULL;
  data->is_prepared = false;
}

/* Whether `numbers` has just the last dimension of the picture, and maybe its first, and it pays. */
static bool scales(const TfLiteTensor* picture, const TfLiteTensor* numbers) {
  const int rank = ln_rank(picture), last = rank - 1;
  if (rank < 2 || rank > LN_MAX_RANK || ln_rank(numbers) != rank || ln_dim(numbers, last) != ln_dim(picture, last))
    return false;
  for (int i = 1; i < last; ++i)
    if (ln_dim(numbers, i) != 1) return false;
  return (ln_dim(numbers, 0) == 1 || ln_dim(numbers, 0) == ln_dim(picture, 0)) &&
         ln_num_elements(picture) >= 4 * ln_num_elements(numbers) && ln_num_elements(numbers) > 0;
}

TfLiteStatus ln_scale_channels_prepare(TfLiteContext* context, const ln_binary_io* io, const ln_mul_quantized* product,
                                       ln_scale_channels* data) {
  const bool is_byte = io->a->type == kTfLiteInt8 || io->a->type == kTfLiteUInt8;
  ln_scale_channels_free(data);
  if (!is_byte || io->output->type != io->a->type || ln_is_dynamic(io->output)) return kTfLiteOk;
  const bool turned = scales(io->b, io->a);
  if (!turned && !scales(io->a, io->b)) return kTfLiteOk;
  ln_scale_q8* p = &data->numbers;
  p->product = *product;
  if (turned) p->product.a_offset = product->b_offset, p->product.b_offset = product->a_offset;
  p->is_signed = io->a->type == kTfLiteInt8;
  p->channels = (size_t)ln_dim(io->a, ln_rank(io->a) - 1);
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
  const bool turned = scales(io->b, io->a);
  if (!turned && !scales(io->a, io->b)) return false;
  const TfLiteTensor *picture = turned ? io->b : io->a, *numbers = turned ? io->a : io->b;
  const size_t channels = data->numbers.channels, images = (size_t)ln_num_elements(numbers) / channels;
  if ((size_t)ln_dim(picture, ln_rank(picture) - 1) != channels) return false;
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
