/* The loader's own state, shared by its files: load.c (the model), load_tensor.c (tensors), load_sparsity.c, check.c
 * (what belongs together). */
#ifndef LN_MODEL_LOAD_H_
#define LN_MODEL_LOAD_H_

#include "base/compiler.h"
#include "model/model.h"

typedef struct ln_loader {
  ln_model* model;
  bool strict;
  ln_model_error* error;
  uint64_t budget; /* bytes of vectors that may still be looked at: shared ones must not multiply the work */
} ln_loader;

/* Sets the error's text, with the file's name in front; returns false. */
bool ln_load_fail(ln_loader* loader, const char* format, ...) LN_PRINTF(2, 3);

/* Memory that lives as long as the model; zeroed. NULL: the error is set. `count` 0 gives a valid pointer. */
void* ln_load_alloc(ln_loader* loader, size_t count, size_t size_bytes);

/* Takes `bytes` from the budget; false, with the error set, where it is used up. */
bool ln_load_charge(ln_loader* loader, uint64_t bytes);

/* A vector of int32 of a table, in place where it is aligned, else copied. */
bool ln_load_ints(ln_loader* loader, ln_fb_table table, int slot, ln_i32_span* span);

bool ln_load_tensor(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table, ln_model_tensor* tensor);

/* The sparsity of a tensor whose shape and data are there: consistent, so that walking it stays inside both. */
bool ln_load_sparsity(ln_loader* loader, int32_t subgraph, int32_t index, ln_fb_table table, ln_model_tensor* tensor);

/* Indices, byte sizes, options and order of a loaded model. */
bool ln_check_model(ln_loader* loader);

#endif
