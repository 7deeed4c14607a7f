/* The arenas of a subgraph: lifetimes from the plan, places from the planner, data pointers into the blocks. */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "runtime/interpreter.h"

size_t ln_interpreter_dynamic_bytes(const ln_interpreter* interpreter) {
  size_t total = 0;
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    const ln_subgraph* subgraph = interpreter->subgraphs[s];
    for (int32_t i = 0; i < subgraph->tensor_count; ++i)
      if (subgraph->tensors[i].allocation_type == kTfLiteDynamic && subgraph->tensors[i].data.raw != NULL)
        total += subgraph->tensors[i].bytes;
  }
  return total;
}

static size_t arena_bytes(const ln_interpreter* interpreter) {
  size_t total = 0;
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s)
    total += interpreter->subgraphs[s]->arena.capacity_bytes + interpreter->subgraphs[s]->persistent.capacity_bytes;
  return total;
}

TfLiteStatus ln_check_limit(const ln_subgraph* subgraph, size_t more_bytes) {
  const ln_interpreter* interpreter = subgraph->interpreter;
  const size_t limit = interpreter->config.memory_limit_bytes;
  if (limit == 0) return kTfLiteOk;
  const size_t used = arena_bytes(interpreter) + ln_interpreter_dynamic_bytes(interpreter);
  if (used <= limit && more_bytes <= limit - used) return kTfLiteOk;
  ln_subgraph_report(subgraph, "%zu bytes more would be needed beside %zu in use; the memory limit is %zu", more_bytes,
                     used, limit);
  return kTfLiteError;
}

void ln_note_peak(ln_interpreter* interpreter) {
  const size_t now =
      arena_bytes(interpreter) + ln_interpreter_dynamic_bytes(interpreter) + ln_model_packed_bytes(interpreter->model);
  if (now > interpreter->peak_bytes) interpreter->peak_bytes = now;
}

static bool grow(ln_subgraph* subgraph, ln_arena* arena, size_t needed_bytes) {
  if (needed_bytes <= arena->capacity_bytes) return true;
  if (subgraph->interpreter->config.plan_only) {
    arena->capacity_bytes = needed_bytes;
    return true;
  }
  if (ln_check_limit(subgraph, needed_bytes - arena->capacity_bytes) != kTfLiteOk) return false;
  char* base = ln_aligned_malloc(LN_ARENA_ALIGNMENT, needed_bytes);
  if (base == NULL) {
    ln_subgraph_report(subgraph, "no memory for an arena of %zu bytes", needed_bytes);
    return false;
  }
  if (arena->base != NULL) memcpy(base, arena->base, arena->capacity_bytes);
  /* Memory that a node leaves unwritten must not differ from run to run. */
  memset(base + arena->capacity_bytes, 0, needed_bytes - arena->capacity_bytes);
  ln_aligned_free(arena->base);
  arena->base = base;
  arena->capacity_bytes = needed_bytes;
  return true;
}

static void use(ln_subgraph* subgraph, int32_t tensor, int32_t position) {
  if (tensor < 0 || tensor >= subgraph->tensor_count) return;
  ln_tensor_state* state = &subgraph->states[tensor];
  if (state->first_use < 0 || position < state->first_use) state->first_use = position;
  if (position > state->last_use) state->last_use = position;
}

static void use_all(ln_subgraph* subgraph, const TfLiteIntArray* tensors, int32_t position) {
  for (int i = 0; tensors != NULL && i < tensors->size; ++i) use(subgraph, tensors->data[i], position);
}

/* First and last position at which every tensor is used; -1 where it is not. */
static void find_lifetimes(ln_subgraph* subgraph) {
  const int32_t end = subgraph->plan->size;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    subgraph->states[i].first_use = subgraph->states[i].last_use = -1;
  for (int32_t p = 0; p < end; ++p) {
    const TfLiteNode* node = &subgraph->nodes[subgraph->plan->data[p]]->node;
    use_all(subgraph, node->inputs, p);
    use_all(subgraph, node->outputs, p);
    use_all(subgraph, node->temporaries, p);
  }
  use_all(subgraph, subgraph->inputs, 0);
  use_all(subgraph, subgraph->inputs, end);
  use_all(subgraph, subgraph->outputs, end);
  if (!subgraph->interpreter->config.preserve_all_tensors) return;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->states[i].last_use >= 0) subgraph->states[i].last_use = end;
}

/* The input whose memory output 0 of the node at `position` may take over, -1: none. */
static int32_t shareable_input(const ln_subgraph* subgraph, int32_t position) {
  const ln_node* node = subgraph->nodes[subgraph->plan->data[position]];
  const uint64_t flags = node->registration.inplace_operator;
  const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
  if (flags == kTfLiteInplaceOpNone || outputs == NULL || inputs == NULL || outputs->size != 1) return -1;
  const TfLiteTensor* output = &subgraph->tensors[outputs->data[0]];
  for (int i = 0; i < inputs->size && i < kTfLiteMaxSharableOpInputs; ++i) {
    if ((flags & ((uint64_t)kTfLiteInplaceOpInput0Shared << i)) == 0) continue;
    const int32_t tensor = inputs->data[i];
    if (tensor < 0 || tensor == outputs->data[0]) continue;
    const TfLiteTensor* input = &subgraph->tensors[tensor];
    int times = 0;
    for (int k = 0; k < inputs->size; ++k) times += inputs->data[k] == tensor;
    if (times == 1 && input->allocation_type == kTfLiteArenaRw && output->allocation_type == kTfLiteArenaRw &&
        input->bytes == output->bytes && subgraph->states[tensor].last_use == position &&
        subgraph->states[outputs->data[0]].first_use == position)
      return tensor;
  }
  return -1;
}

/* The tensor whose block `tensor` lies in, after sharing. */
static int32_t root_of(const int32_t* parents, int32_t tensor) {
  while (parents[tensor] != tensor) tensor = parents[tensor];
  return tensor;
}

static void share(ln_subgraph* subgraph, int32_t* parents, int32_t first, int32_t end) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) parents[i] = i;
  if (subgraph->interpreter->config.preserve_all_tensors) return;
  for (int32_t p = first; p < end; ++p) {
    const int32_t input = shareable_input(subgraph, p);
    if (input < 0) continue;
    const int32_t output = subgraph->nodes[subgraph->plan->data[p]]->node.outputs->data[0];
    const int32_t root = root_of(parents, input);
    if (subgraph->states[output].placed) continue;
    parents[output] = root;
    subgraph->states[root].last_use = subgraph->states[output].last_use;
  }
}

static bool in_arena(const ln_subgraph* subgraph, int32_t tensor) {
  const TfLiteTensor* t = &subgraph->tensors[tensor];
  return t->allocation_type == kTfLiteArenaRw && subgraph->states[tensor].first_use >= 0;
}

static TfLiteStatus place_arena(ln_subgraph* subgraph, int32_t first, int32_t end, ln_block* blocks, int32_t* parents,
                                const ln_block** scratch) {
  int32_t count = 0;
  find_lifetimes(subgraph);
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    ln_tensor_state* s = &subgraph->states[i];
    /* What an earlier stretch of the plan has placed keeps its place and contents, unless its size has changed. */
    if (s->placed && (s->first_use >= first || s->size_bytes != subgraph->tensors[i].bytes || !in_arena(subgraph, i)))
      if (subgraph->tensors[i].allocation_type != kTfLiteArenaRwPersistent) s->placed = false;
  }
  share(subgraph, parents, first, end);
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const ln_tensor_state* s = &subgraph->states[i];
    if (!in_arena(subgraph, i) || parents[i] != i || s->first_use >= end) {
      /* Graph outputs that no node writes have a use at the plan's end only; they get memory with the last stretch. */
      if (!(in_arena(subgraph, i) && parents[i] == i && s->first_use >= end && end == subgraph->plan->size)) continue;
    }
    blocks[count++] = (ln_block){subgraph->tensors[i].bytes, s->first_use, s->last_use, s->placed, s->offset_bytes, i};
  }
  const size_t total = ln_plan_blocks(blocks, count, scratch);
  if (total == SIZE_MAX) {
    ln_subgraph_report(subgraph, "the arena's size overflows");
    return kTfLiteError;
  }
  if (!grow(subgraph, &subgraph->arena, total)) return kTfLiteError;
  for (int32_t i = 0; i < count; ++i) {
    ln_tensor_state* s = &subgraph->states[blocks[i].id];
    s->placed = true;
    s->offset_bytes = blocks[i].offset_bytes;
    s->size_bytes = blocks[i].size_bytes;
  }
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const ln_tensor_state* root = &subgraph->states[root_of(parents, i)];
    if (parents[i] == i || !root->placed) continue;
    subgraph->states[i].placed = true;
    subgraph->states[i].offset_bytes = root->offset_bytes;
    subgraph->states[i].size_bytes = subgraph->tensors[i].bytes;
  }
  return kTfLiteOk;
}

static TfLiteStatus place_persistent(ln_subgraph* subgraph) {
  size_t used = subgraph->persistent_used_bytes;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    ln_tensor_state* s = &subgraph->states[i];
    const size_t bytes = subgraph->tensors[i].bytes;
    if (subgraph->tensors[i].allocation_type != kTfLiteArenaRwPersistent || (s->placed && s->size_bytes == bytes))
      continue;
    s->placed = true;
    s->offset_bytes = used;
    s->size_bytes = bytes;
    if (bytes > SIZE_MAX / 4 || used > SIZE_MAX / 4) {
      ln_subgraph_report(subgraph, "the size of the variables overflows");
      return kTfLiteError;
    }
    used += (bytes + LN_ARENA_ALIGNMENT - 1) & ~(size_t)(LN_ARENA_ALIGNMENT - 1);
  }
  if (!grow(subgraph, &subgraph->persistent, used)) return kTfLiteError;
  subgraph->persistent_used_bytes = used;
  return kTfLiteOk;
}

static void set_pointers(ln_subgraph* subgraph) {
  if (subgraph->interpreter->config.plan_only) return;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    TfLiteTensor* t = &subgraph->tensors[i];
    const ln_tensor_state* s = &subgraph->states[i];
    if (t->allocation_type == kTfLiteArenaRw)
      t->data.raw = s->placed && subgraph->arena.base != NULL ? subgraph->arena.base + s->offset_bytes : NULL;
    else if (t->allocation_type == kTfLiteArenaRwPersistent)
      t->data.raw = s->placed && subgraph->persistent.base != NULL ? subgraph->persistent.base + s->offset_bytes : NULL;
  }
}

TfLiteStatus ln_subgraph_place(ln_subgraph* subgraph, int32_t first, int32_t end) {
  const size_t count = (size_t)subgraph->tensor_count;
  ln_block* blocks = ln_calloc(count + 1, sizeof *blocks);
  const ln_block** scratch = ln_calloc(count + 1, sizeof *scratch);
  int32_t* parents = ln_calloc(count + 1, sizeof *parents);
  TfLiteStatus status = kTfLiteError;
  if (blocks == NULL || scratch == NULL || parents == NULL)
    ln_subgraph_report(subgraph, "no memory to plan %zu tensors", count);
  else if (place_arena(subgraph, first, end, blocks, parents, scratch) == kTfLiteOk)
    status = place_persistent(subgraph);
  /* Pointers are right for what is placed, also after a failure: the arena may have moved. */
  set_pointers(subgraph);
  ln_free(blocks);
  ln_free((void*)scratch);
  ln_free(parents);
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
  memory->dynamic_bytes = ln_interpreter_dynamic_bytes(interpreter);
  memory->packed_bytes = ln_model_packed_bytes(interpreter->model);
  memory->peak_bytes = interpreter->peak_bytes;
  return kTfLiteOk;
}

TfLiteStatus ln_interpreter_placement(const ln_interpreter* interpreter, int32_t subgraph, int32_t tensor,
                                      LinnetPlacement* placement) {
  if (subgraph < 0 || subgraph >= interpreter->subgraph_count) return kTfLiteError;
  const ln_subgraph* s = interpreter->subgraphs[subgraph];
  if (tensor < 0 || tensor >= s->tensor_count || !s->states[tensor].placed) return kTfLiteError;
  const ln_tensor_state* state = &s->states[tensor];
  *placement = (LinnetPlacement){s->tensors[tensor].allocation_type, state->offset_bytes, state->size_bytes,
                                 state->first_use, state->last_use};
  return kTfLiteOk;
}
