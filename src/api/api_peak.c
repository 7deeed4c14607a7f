/* What a core can do at best, for programs that compare a profile's times with it. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "kernels/generic/gemm_q8.h"
#include "kernels/generic/peak.h"
#include "linnet/linnet.h"

enum { ROUNDS = 30 };

/* `run` makes `products` multiply-adds; the best of some rounds, a second. */
static double best_rate(void (*run)(void* arg), void* arg, double products) {
  double best = 0;
  for (int i = 0; i < ROUNDS; ++i) {
    const uint64_t start = ln_clock_ns();
    run(arg);
    const uint64_t ns = ln_clock_ns() - start;
    const double rate = products / (double)(ns > 1 ? ns : 1) * 1e9;
    if (rate > best) best = rate;
  }
  return best;
}

enum { FLOAT_TURNS = 20000 };

static void run_floats(void* arg) {
  volatile float* sink = arg;
  *sink = ln_peak_f32_best()->run(FLOAT_TURNS, *sink);
}

double LinnetMeasurePeak(void) {
  float sink = 1.0f;
  return best_rate(run_floats, &sink, (double)ln_peak_f32_best()->per_turn * FLOAT_TURNS);
}

/* A tile's rows and a panel of columns take little more than half of a first cache of 32 KB. */
enum { BYTE_DEPTH = 256, BYTE_TURNS = 20 };

typedef struct byte_tile {
  const ln_gemm_q8* kernel;
  ln_gemm_q8_rows rows;
  int32_t* sums;
} byte_tile;

static void run_bytes(void* arg) {
  const byte_tile* tile = arg;
  for (int i = 0; i < BYTE_TURNS; ++i) tile->kernel->run_sums(&tile->rows, tile->sums);
}

double LinnetMeasureBytePeak(void) {
  const ln_gemm_q8* kernel = ln_gemm_q8_best();
  const size_t rows = kernel->mr, columns = kernel->nr, a_bytes = rows * BYTE_DEPTH * kernel->a_size,
               sum_bytes = rows * columns * sizeof(int32_t), b_bytes = columns * BYTE_DEPTH;
  uint8_t* memory = ln_malloc(sum_bytes + a_bytes + b_bytes);
  if (memory == NULL) return 0;
  memset(memory, 1, sum_bytes + a_bytes + b_bytes);
  byte_tile tile = {.kernel = kernel, .sums = (int32_t*)(void*)memory};
  tile.rows = (ln_gemm_q8_rows){.rows = rows,
                                .columns = columns,
                                .segments = 1,
                                .groups = BYTE_DEPTH / kernel->kr,
                                .a = memory + sum_bytes,
                                .a_stride = BYTE_DEPTH,
                                .a_segment = BYTE_DEPTH,
                                .b = (const int8_t*)memory + sum_bytes + a_bytes};
  const double rate = best_rate(run_bytes, &tile, (double)(rows * columns) * BYTE_DEPTH * BYTE_TURNS);
  ln_free(memory);
  return rate;
}
