/* The arenas of a subgraph: lifetimes from the plan, places from the planner, data pointers into the blocks. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "runtime/interpreter.h"

/* What tensors of that kind have on the heap. */
static size_t heap_bytes(const ln_interpreter* interpreter, TfLiteAllocationType kind) {
  size_t total = 0;
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    const ln_subgraph* subgraph = interpreter->subgraphs[s];
    for (int32_t i = 0; i < subgraph->tensor_count; ++i)
      if (subgraph->tensors[i].allocation_type == kind && subgraph->tensors[i].data.raw != NULL)
        total += subgraph->tensors[i].bytes;
  }
  return total;
}

/* All but the weights, in the file and packed. */
static size_t used_bytes(const ln_interpreter* interpreter) {
  size_t total = heap_bytes(interpreter, kTfLiteDynamic) + heap_bytes(interpreter, kTfLitePersistentRo);
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s)
    total += interpreter->subgraphs[s]->arena.capacity_bytes + interpreter->subgraphs[s]->persistent.capacity_bytes;
  return total;
}

TfLiteStatus ln_check_limit(const ln_subgraph* subgraph, size_t more_bytes) {
  const ln_interpreter* interpreter = subgraph->interpreter;
  const size_t limit = interpreter->config.memory_limit_bytes;
  if (limit == 0) return kTfLiteOk;
  const size_t used = used_bytes(interpreter);
  if (used <= limit && more_bytes <= limit - used) return kTfLiteOk;
  ln_subgraph_report(subgraph, "%zu bytes more would be needed beside %zu in use; the memory limit is %zu", more_bytes,
                     used, limit);
  return kTfLiteError;
}

void ln_note_peak(ln_interpreter* interpreter) {
  const size_t now = used_bytes(interpreter) + ln_model_packed_bytes(interpreter->model);
  if (now > interpreter->peak_bytes) interpreter->peak_bytes = now;
}

static TfLiteStatus fail(const ln_subgraph* subgraph, const char* what) {
  ln_subgraph_report(subgraph, "%s", what);
  return kTfLiteError;
}

/* Zeroed. */
static char* take_block(ln_subgraph* subgraph, const ln_arena* old, size_t needed_bytes) {
  if (needed_bytes > old->capacity_bytes && ln_check_limit(subgraph, needed_bytes - old->capacity_bytes) != kTfLiteOk)
    return NULL;
  size_t taken_bytes = needed_bytes;
  char* base = ln_take_large(&taken_bytes);
  if (base == NULL) ln_subgraph_report(subgraph, "no memory for an arena of %zu bytes", needed_bytes);
  if (base != NULL) ln_fetch_pages(base, needed_bytes);
  return base;
}

/* An arena only grows. Bytes that it had keep their contents where `keep` asks for it; all others become 0, so that
 * what a node leaves unwritten does not differ from run to run. */
static bool grow(ln_subgraph* subgraph, ln_arena* arena, size_t needed_bytes, bool keep) {
  if (needed_bytes <= arena->capacity_bytes) return true;
  if (subgraph->interpreter->config.plan_only) {
    arena->capacity_bytes = needed_bytes;
    return true;
  }
  if (!keep) {
    ln_aligned_free(arena->base);
    *arena = (ln_arena){NULL, 0};
  }
  char* base = take_block(subgraph, arena, needed_bytes);
  if (base == NULL) return false;
  if (arena->base != NULL) memcpy(base, arena->base, arena->capacity_bytes);
  ln_aligned_free(arena->base);
  *arena = (ln_arena){base, needed_bytes};
  return true;
}

/* ---- Lifetimes ---- */

static ln_tensor_state* state_at(const ln_subgraph* subgraph, int32_t tensor) {
  return tensor >= 0 && tensor < subgraph->tensor_count ? &subgraph->states[tensor] : NULL;
}

static void write_all(ln_subgraph* subgraph, const TfLiteIntArray* tensors, int32_t position, bool is_output) {
  for (int i = 0; tensors != NULL && i < tensors->size; ++i) {
    ln_tensor_state* s = state_at(subgraph, tensors->data[i]);
    if (s == NULL) continue;
    if (s->first_use < 0) s->first_use = position;
    if (s->last_use < position) s->last_use = position;
    if (!is_output) continue;
    if (s->writer >= 0) s->rewritten = true;
    if (s->writer < 0) s->writer = position;
  }
}

static void read_all(ln_subgraph* subgraph, const TfLiteIntArray* tensors, int32_t position) {
  for (int i = 0; tensors != NULL && i < tensors->size; ++i) {
    ln_tensor_state* s = state_at(subgraph, tensors->data[i]);
    if (s == NULL) continue;
    if (s->last_use < position) s->last_use = position;
    if (s->first_read > position) s->first_read = position;
  }
}

/* A tensor's bytes are its own from its first writer to its last reader; the subgraph's inputs are written before the
 * first node, its outputs read after the last. What nobody writes has no memory, but for outputs, which are then 0. */
void ln_subgraph_find_lifetimes(ln_subgraph* subgraph) {
  const int32_t end = subgraph->plan->size;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    ln_tensor_state* s = &subgraph->states[i];
    s->first_use = s->last_use = s->writer = -1;
    s->first_read = INT32_MAX;
    s->rewritten = false;
  }
  write_all(subgraph, subgraph->inputs, 0, false);
  for (int32_t p = 0; p < end; ++p) {
    const TfLiteNode* node = &subgraph->nodes[subgraph->plan->data[p]]->node;
    write_all(subgraph, node->outputs, p, true);
    write_all(subgraph, node->temporaries, p, false);
    read_all(subgraph, node->inputs, p);
  }
  read_all(subgraph, subgraph->inputs, end);
  read_all(subgraph, subgraph->outputs, end);
  for (int i = 0; i < subgraph->outputs->size; ++i)
    if (subgraph->states[subgraph->outputs->data[i]].first_use < 0)
      subgraph->states[subgraph->outputs->data[i]].first_use = 0;
  if (!subgraph->interpreter->config.preserve_all_tensors) return;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->states[i].first_use >= 0) subgraph->states[i].last_use = end;
}

/* ---- The arena ---- */

/* What a tensor's place follows from while places are looked for. */
typedef struct plan_entry {
  int32_t root; /* the tensor in whose block it lies: itself, or the one it shares with */
  int32_t last; /* of a root: the last position at which its block is in use */
} plan_entry;

static bool in_arena(const ln_subgraph* subgraph, int32_t tensor) {
  return subgraph->tensors[tensor].allocation_type == kTfLiteArenaRw && subgraph->states[tensor].first_use >= 0;
}

/* An output that has its input's data may lie there beside it, if both are written once. Loops hand their subgraphs'
 * inputs and outputs round and go without it. */
static bool may_lie_beside(const ln_subgraph* subgraph, int32_t input, int32_t output, int32_t position) {
  return subgraph->index == 0 && subgraph->states[input].writer < position && !subgraph->states[input].rewritten &&
         !subgraph->states[output].rewritten && !ln_has_tensor(subgraph->outputs, output);
}

/* The input whose memory output 0 of the node at `position` may take over or, where `beside`, have together with it,
 * -1: none. */
static int32_t shareable_input(const ln_subgraph* subgraph, const plan_entry* entries, int32_t position, bool beside) {
  const ln_node* node = subgraph->nodes[subgraph->plan->data[position]];
  const uint64_t flags = node->registration.inplace_operator;
  const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
  if (flags == kTfLiteInplaceOpNone || outputs == NULL || inputs == NULL || outputs->size != 1) return -1;
  const int32_t output = outputs->data[0];
  if (output < 0 || !in_arena(subgraph, output) || subgraph->states[output].first_use != position) return -1;
  if (position == 0 && ln_has_tensor(subgraph->inputs, output)) return -1;
  for (int i = 0; i < inputs->size && i < (node->is_fused ? LN_MAX_SHARABLE_INPUTS : kTfLiteMaxSharableOpInputs); ++i) {
    if ((flags & ((uint64_t)kTfLiteInplaceOpInput0Shared << i)) == 0) continue;
    const int32_t tensor = inputs->data[i];
    int times = 0;
    for (int k = 0; k < inputs->size; ++k) times += inputs->data[k] == tensor;
    if (tensor < 0 || tensor == output || times != 1 || !in_arena(subgraph, tensor) ||
        subgraph->tensors[tensor].bytes != subgraph->tensors[output].bytes)
      continue;
    if (entries[entries[tensor].root].last == position ||
        (beside && i == 0 && (flags & kTfLiteInplaceOpDataUnmodified) != 0 &&
         may_lie_beside(subgraph, tensor, output, position)))
      return tensor;
  }
  return -1;
}

static void share(const ln_subgraph* subgraph, plan_entry* entries, int32_t first, int32_t end) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) entries[i] = (plan_entry){i, subgraph->states[i].last_use};
  if (subgraph->interpreter->config.preserve_all_tensors) return;
  /* Places alone, which are all that is kept from one stretch of the plan to the next, do not say what lies beside. */
  const bool beside = first == 0 && end == subgraph->plan->size;
  for (int32_t p = first; p < end; ++p) {
    const int32_t input = shareable_input(subgraph, entries, p, beside);
    if (input < 0) continue;
    const int32_t output = subgraph->nodes[subgraph->plan->data[p]]->node.outputs->data[0];
    entries[output].root = entries[input].root;
    plan_entry* root = &entries[entries[input].root];
    if (root->last < subgraph->states[output].last_use) root->last = subgraph->states[output].last_use;
  }
}

/* What an earlier stretch of the plan has placed keeps its place and contents, unless its size has changed. */
static void forget_places(ln_subgraph* subgraph, int32_t first) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    ln_tensor_state* s = &subgraph->states[i];
    if (s->place != LN_PLACE_ARENA) continue;
    if (first == 0 || s->first_use >= first || s->size_bytes != subgraph->tensors[i].bytes || !in_arena(subgraph, i))
      s->place = LN_PLACE_NONE;
  }
}

/* Threads that share out a small model's layers have its lines of memory go back and forth less where none is used for
 * two tensors: then each is written by one thread. Scratch memory that is large costs more by being another each time.
 */
static bool has_own_place(const ln_subgraph* subgraph, int32_t tensor) {
  const ln_tensor_state* s = &subgraph->states[tensor];
  return s->first_use != s->last_use || subgraph->tensors[tensor].bytes <= LN_MOST_OWN_SCRATCH;
}

static bool gives_own_places(const ln_subgraph* subgraph, const plan_entry* entries) {
  enum { kMostBytes = 1280 * 1024 };
  size_t total = 0;
  if (subgraph->interpreter->config.num_threads < 2) return false;
  for (int32_t i = 0; i < subgraph->tensor_count && total <= kMostBytes; ++i)
    if (in_arena(subgraph, i) && entries[i].root == i && has_own_place(subgraph, i)) {
      if (subgraph->tensors[i].bytes > kMostBytes) return false;
      total += subgraph->tensors[i].bytes;
    }
  return total <= kMostBytes;
}

static TfLiteStatus place_arena(ln_subgraph* subgraph, int32_t first, int32_t end, ln_block* blocks,
                                plan_entry* entries, const ln_block** scratch) {
  int32_t count = 0;
  forget_places(subgraph, first);
  share(subgraph, entries, first, end);
  const bool own = first == 0 && end == subgraph->plan->size && gives_own_places(subgraph, entries);
  subgraph->has_own_places = own;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const ln_tensor_state* s = &subgraph->states[i];
    const bool fixed = s->place == LN_PLACE_ARENA;
    /* (Without nodes the inputs' first use is the plan's end.) */
    if (!in_arena(subgraph, i) || entries[i].root != i) continue;
    if (s->first_use >= end && end < subgraph->plan->size) continue;
    if (fixed && entries[i].last < first) continue;
    const bool always = own && has_own_place(subgraph, i);
    blocks[count++] = (ln_block){.size_bytes = subgraph->tensors[i].bytes,
                                 .first = always ? 0 : s->first_use,
                                 .last = always ? end : entries[i].last,
                                 .fixed = fixed,
                                 .offset_bytes = s->offset_bytes,
                                 .id = i};
  }
  const size_t total = ln_plan_blocks(blocks, count, scratch);
  if (total == SIZE_MAX) return fail(subgraph, "the arena's size overflows");
  /* At least one line, so that tensors without elements have an address too. */
  const size_t least = count > 0 ? LN_ARENA_ALIGNMENT : 0;
  if (!grow(subgraph, &subgraph->arena, total > least ? total : least, first > 0)) return kTfLiteError;
  for (int32_t i = 0; i < count; ++i) {
    ln_tensor_state* s = &subgraph->states[blocks[i].id];
    s->place = LN_PLACE_ARENA;
    s->offset_bytes = blocks[i].offset_bytes;
    s->size_bytes = blocks[i].size_bytes;
  }
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const ln_tensor_state* root = &subgraph->states[entries[i].root];
    if (entries[i].root == i || root->place != LN_PLACE_ARENA) continue;
    subgraph->states[i].place = LN_PLACE_ARENA;
    subgraph->states[i].offset_bytes = root->offset_bytes;
    subgraph->states[i].size_bytes = subgraph->tensors[i].bytes;
  }
  return kTfLiteOk;
}

/* ---- The persistent part: one behind the other ---- */

static bool is_persistent(const ln_subgraph* subgraph, int32_t tensor) {
  return subgraph->tensors[tensor].allocation_type == kTfLiteArenaRwPersistent;
}

static bool keeps_place(const ln_subgraph* subgraph, int32_t tensor) {
  const ln_tensor_state* s = &subgraph->states[tensor];
  return is_persistent(subgraph, tensor) && s->place == LN_PLACE_PERSISTENT &&
         s->size_bytes == subgraph->tensors[tensor].bytes;
}

static size_t next_line(size_t bytes) { return (bytes + LN_ARENA_ALIGNMENT - 1) & ~(size_t)(LN_ARENA_ALIGNMENT - 1); }

/* The end of all persistent tensors (those that keep their places left out, if asked), laid behind `from`; SIZE_MAX on
 * overflow. Sets the places where `base` is not NULL, copying what has kept its size there. */
static size_t lay_out(ln_subgraph* subgraph, size_t from, bool only_new, bool assign, char* base) {
  size_t used = from;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    ln_tensor_state* s = &subgraph->states[i];
    const size_t bytes = subgraph->tensors[i].bytes;
    const bool keeps = keeps_place(subgraph, i);
    if (!is_persistent(subgraph, i) || (only_new && keeps)) continue;
    if (bytes > SIZE_MAX / 4 || used > SIZE_MAX / 4) return SIZE_MAX;
    if (assign) {
      if (keeps && base != NULL && subgraph->persistent.base != NULL)
        memcpy(base + used, subgraph->persistent.base + s->offset_bytes, bytes);
      s->place = LN_PLACE_PERSISTENT;
      s->offset_bytes = used;
      s->size_bytes = bytes;
    }
    used += next_line(bytes > 0 ? bytes : 1);
  }
  return used;
}

/* Tensors that keep their size keep their contents: operators store what they have computed once. */
static TfLiteStatus place_persistent(ln_subgraph* subgraph) {
  bool stale = false;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->states[i].place == LN_PLACE_PERSISTENT && !keeps_place(subgraph, i)) stale = true;
  const size_t from = stale ? 0 : subgraph->persistent_used_bytes;
  const size_t total = lay_out(subgraph, from, !stale, false, NULL);
  if (total == SIZE_MAX) return fail(subgraph, "the size of the variables overflows");
  char* base = NULL;
  if (!stale) {
    if (!grow(subgraph, &subgraph->persistent, total, true)) return kTfLiteError;
  } else if (!subgraph->interpreter->config.plan_only) {
    base = take_block(subgraph, &subgraph->persistent, total > 0 ? total : 1);
    if (base == NULL) return kTfLiteError;
  }
  lay_out(subgraph, from, !stale, true, base);
  for (int32_t i = 0; stale && i < subgraph->tensor_count; ++i)
    if (subgraph->states[i].place == LN_PLACE_PERSISTENT && !is_persistent(subgraph, i))
      subgraph->states[i].place = LN_PLACE_NONE;
  if (stale) {
    ln_aligned_free(subgraph->persistent.base);
    subgraph->persistent = (ln_arena){base, total};
  }
  subgraph->persistent_used_bytes = total;
  return kTfLiteOk;
}

/* ---- Both ---- */

/* NULL where a failure has left a place that is too small for what the tensor has become. */
static char* place_address(const ln_arena* arena, const ln_tensor_state* s, ln_place place, size_t bytes) {
  return s->place == place && arena->base != NULL && s->size_bytes >= bytes ? arena->base + s->offset_bytes : NULL;
}

static void set_pointers(ln_subgraph* subgraph) {
  if (subgraph->interpreter->config.plan_only) return;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    const ln_tensor_state* s = &subgraph->states[i];
    if (t->allocation_type == kTfLiteArenaRw)
      t->data.raw = place_address(&subgraph->arena, s, LN_PLACE_ARENA, t->bytes);
    else if (t->allocation_type == kTfLiteArenaRwPersistent)
      t->data.raw = place_address(&subgraph->persistent, s, LN_PLACE_PERSISTENT, t->bytes);
  }
}

static void clear_unwritten_outputs(ln_subgraph* subgraph) {
  for (int i = 0; i < subgraph->outputs->size; ++i) {
    const int32_t tensor = subgraph->outputs->data[i];
    const TfLiteTensor* t = &subgraph->tensors[tensor];
    if (subgraph->states[tensor].writer < 0 && t->allocation_type == kTfLiteArenaRw && t->data.raw != NULL &&
        !ln_has_tensor(subgraph->inputs, tensor))
      memset(t->data.raw, 0, t->bytes);
  }
}

TfLiteStatus ln_subgraph_place(ln_subgraph* subgraph, int32_t first, int32_t end) {
  const size_t count = (size_t)subgraph->tensor_count;
  ln_block* blocks = ln_calloc(count, sizeof *blocks);
  const ln_block** scratch = ln_calloc(count, sizeof *scratch);
  plan_entry* entries = ln_calloc(count, sizeof *entries);
  TfLiteStatus status = kTfLiteError;
  ln_subgraph_find_lifetimes(subgraph);
  if (blocks == NULL || scratch == NULL || entries == NULL)
    ln_subgraph_report(subgraph, "no memory to plan %zu tensors", count);
  else if (place_arena(subgraph, first, end, blocks, entries, scratch) == kTfLiteOk)
    status = place_persistent(subgraph);
  /* Pointers are right for what is placed, also after a failure: the arena may have moved. */
  set_pointers(subgraph);
  if (status == kTfLiteOk && first == 0) clear_unwritten_outputs(subgraph);
  ln_free(blocks);
  ln_free((void*)scratch);
  ln_free(entries);
  ln_note_peak(subgraph->interpreter);
  return status;
}

void ln_subgraph_free_arenas(ln_subgraph* subgraph) {
  ln_aligned_free(subgraph->arena.base);
  ln_aligned_free(subgraph->persistent.base);
}

TfLiteStatus ln_interpreter_memory(const ln_interpreter* interpreter, LinnetMemory* memory) {
  *memory = (LinnetMemory){0};
  memory->weight_bytes = interpreter->model->weight_bytes;
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    memory->arena_bytes += interpreter->subgraphs[s]->arena.capacity_bytes;
    memory->persistent_bytes += interpreter->subgraphs[s]->persistent.capacity_bytes;
  }
  memory->dynamic_bytes = heap_bytes(interpreter, kTfLiteDynamic);
  memory->persistent_bytes += heap_bytes(interpreter, kTfLitePersistentRo);
  memory->packed_bytes = ln_model_packed_bytes(interpreter->model);
  memory->peak_bytes = interpreter->peak_bytes;
  return kTfLiteOk;
}

TfLiteStatus ln_interpreter_placement(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor,
                                      LinnetPlacement* placement) {
  if (subgraph < 0 || subgraph >= interpreter->subgraph_count) return kTfLiteError;
  const ln_subgraph* s = interpreter->subgraphs[subgraph];
  if (tensor < 0 || tensor >= s->tensor_count || s->states[tensor].place == LN_PLACE_NONE) return kTfLiteError;
  const ln_tensor_state* state = &s->states[tensor];
  *placement = (LinnetPlacement){s->tensors[tensor].allocation_type, state->offset_bytes, state->size_bytes,
                                 state->first_use, state->last_use};
  return kTfLiteOk;
}
