/* kcheck: every rung of every kernel family against the family's generic definition, over awkward shapes and values,
 * against guard pages. What a family's file needs; the families are listed in families.def.
 *
 * A family's check walks the rungs that ln_<family>_rungs lists: where kc_rung says that this machine has one, it runs
 * it on many shapes and reports each with kc_same or kc_close. A rung of this machine that was never compared fails. */
#ifndef LN_TESTS_KCHECK_H_
#define LN_TESTS_KCHECK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

typedef struct kc_family {
  const char* name; /* "gemm_f32": what ln_<name>_rungs lists */
  void (*check)(void);
  void (*bench)(void);
} kc_family;

/* Begins a rung, and ends the one before. False: this machine lacks it; it counts as skipped. */
bool kc_rung(const char* name, ln_isa isa);

/* How many random shapes a rung should see. */
int kc_rounds(void);

/* ---- Random numbers from the seed that is printed. ---- */
uint32_t kc_random(void);
int64_t kc_range(int64_t low, int64_t high); /* both included */
bool kc_chance(int percent);
/* Sizes 1 to `most`, often close to a multiple of `tile` (0: none). */
size_t kc_size(size_t most, size_t tile);

/* ---- Memory between pages that cannot be touched: what lies right behind its end (or before its start, by chance) may
 * neither be read nor written. Given back all at once. ---- */
void* kc_memory(size_t size);
void kc_release(void);

/* Random contents: by chance all of the full range, extremes only, or small ones. Floats are finite. */
void kc_fill_u8(void* data, size_t count); /* int8_t too */
void kc_fill_s16(int16_t* data, size_t count);
void kc_fill_s32(int32_t* data, size_t count, int32_t low, int32_t high);
void kc_fill_f32(float* data, size_t count, float magnitude);

/* ---- Comparing. `format` and what follows say which shape it was; printed where something differs. False then. ----
 */
#define KC_PRINTF(at) __attribute__((format(printf, at, at + 1)))
/* Bit for bit; `size` bytes of elements of `element` bytes. */
bool kc_same(const void* actual, const void* expected, size_t size, size_t element, const char* format, ...)
    KC_PRINTF(5);
/* |actual - expected| <= tolerance * max(|expected|, floor) for each; NaN is like NaN only. */
bool kc_close(const float* actual, const float* expected, size_t count, float tolerance, float floor,
              const char* format, ...) KC_PRINTF(6);

/* ---- Timing: runs `work` until it is known well and prints the rung, its best time, and `amount` per nanosecond as
 * G`unit`/s. `detail` names the shape. ---- */
void kc_time(const char* rung, const char* detail, double amount, const char* unit, void (*work)(void* arg), void* arg);

#endif
