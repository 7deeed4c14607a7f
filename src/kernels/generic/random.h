/* Random numbers by counting: Philox 4x32-10 and Threefry 2x32-20 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011), and distributions made of them. The same numbers on every machine. Knows no tensors. */
#ifndef LN_KERNELS_RANDOM_H_
#define LN_KERNELS_RANDOM_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ln_philox {
  uint32_t key[2], counter[4]; /* lowest words first */
} ln_philox;

/* The block that the counter stands for; the counter stays. */
void ln_philox_block(const ln_philox* philox, uint32_t block[4]);
void ln_threefry_block(const uint32_t key[2], const uint32_t counter[2], uint32_t block[2]);

ln_philox ln_philox_seed(uint64_t seed, uint64_t seed2);
/* Moves the counter, of 128 bits, on. */
void ln_philox_skip(ln_philox* philox, uint64_t blocks);

/* Each takes as many whole blocks as it needs and leaves the counter behind them. */
void ln_random_uniform(ln_philox* philox, float* out, size_t n); /* [0, 1) */
void ln_random_normal(ln_philox* philox, float* out, size_t n);  /* mean 0, deviation 1 */

/* sums[i] = exp(logits[0] - m) + … + exp(logits[i] - m) with the largest logit m; logits that are not finite count as
 * -infinity. */
void ln_cumulate_exp(const float* logits, size_t n, double* sums);

/* Words of the generator two by two. */
typedef struct ln_word_pairs {
  ln_philox philox;
  uint32_t block[4];
  int used; /* 4: none left; what one starts with */
} ln_word_pairs;

/* The first index whose sum is above a random part of the last sum; n where no sum is above 0. */
size_t ln_random_choice(ln_word_pairs* pairs, const double* sums, size_t n);

#endif
