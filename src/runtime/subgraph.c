/* A subgraph's life: created from the file, resized, prepared, allocated, run. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "runtime/delegate.h"
#include "runtime/fuse.h"
#include "runtime/together.h"
#include "tensorflow/lite/builtin_ops.h"

void ln_subgraph_report_va(const ln_subgraph* subgraph, const char* format, va_list args) {
  char text[768], place[256];
  vsnprintf(text, sizeof text, format, args);
  ln_interpreter* interpreter = subgraph->interpreter;
  ++interpreter->report_count;
  const char* path = interpreter->model->path;
  const char* slash = strrchr(path, '/');
  int32_t node = subgraph->current_node;
  if (node >= 0 && node < subgraph->node_count && subgraph->nodes[node]->is_fused)
    node = subgraph->nodes[node]->stands_for;
  int used = snprintf(place, sizeof place, "%.150s%ssubgraph %d", slash != NULL ? slash + 1 : path,
                      path[0] != 0 ? ": " : "", subgraph->index);
  if (node >= 0 && node < subgraph->node_count)
    snprintf(place + used, sizeof place - (size_t)used, ", node %d %.60s", node, subgraph->nodes[node]->name);
  ln_report(&interpreter->config.reporter, "%s: %s", place, text);
}

void ln_subgraph_report(const ln_subgraph* subgraph, const char* format, ...) {
  va_list args;
  va_start(args, format);
  ln_subgraph_report_va(subgraph, format, args);
  va_end(args);
}

bool ln_has_tensor(const TfLiteIntArray* tensors, int32_t tensor) {
  for (int i = 0; tensors != NULL && i < tensors->size; ++i)
    if (tensors->data[i] == tensor) return true;
  return false;
}

static TfLiteStatus list_variables(ln_subgraph* subgraph) {
  int32_t count = 0;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) count += subgraph->tensors[i].is_variable;
  subgraph->variables = TfLiteIntArrayCreate(count);
  if (subgraph->variables == NULL) {
    ln_subgraph_report(subgraph, "no memory for the list of variables");
    return kTfLiteError;
  }
  count = 0;
  for (int32_t i = 0; i < subgraph->tensor_count; ++i)
    if (subgraph->tensors[i].is_variable) subgraph->variables->data[count++] = i;
  return kTfLiteOk;
}

ln_subgraph* ln_subgraph_create(ln_interpreter* interpreter, int32_t index) {
  ln_subgraph* subgraph = ln_calloc(1, sizeof *subgraph);
  if (subgraph == NULL) {
    ln_report(&interpreter->config.reporter, "No memory for subgraph %d.", index);
    return NULL;
  }
  subgraph->interpreter = interpreter;
  subgraph->index = index;
  subgraph->source = &interpreter->model->subgraphs[index];
  subgraph->current_node = subgraph->position = -1;
  ln_context_fill(subgraph);
  subgraph->inputs = ln_copy_ints(subgraph->source->inputs);
  subgraph->outputs = ln_copy_ints(subgraph->source->outputs);
  const bool has_ends = subgraph->inputs != NULL && subgraph->outputs != NULL;
  if (!has_ends) ln_subgraph_report(subgraph, "no memory for the lists of inputs and outputs");
  if (!has_ends || ln_subgraph_load_tensors(subgraph) != kTfLiteOk || list_variables(subgraph) != kTfLiteOk) {
    ln_report_more(&interpreter->config.reporter, "Subgraph %d cannot be made.", index);
    ln_subgraph_delete(subgraph);
    return NULL;
  }
  return subgraph;
}

void ln_subgraph_delete(ln_subgraph* subgraph) {
  if (subgraph == NULL) return;
  ln_subgraph_free_nodes(subgraph);
  ln_subgraph_free_tensors(subgraph);
  ln_subgraph_free_arenas(subgraph);
  TfLiteIntArrayFree(subgraph->plan);
  TfLiteIntArrayFree(subgraph->unfused_plan);
  ln_delegation_free(subgraph);
  TfLiteIntArrayFree(subgraph->inputs);
  TfLiteIntArrayFree(subgraph->outputs);
  TfLiteIntArrayFree(subgraph->variables);
  ln_free(subgraph);
}

bool ln_subgraph_has_dynamic(const ln_subgraph* subgraph, const TfLiteIntArray* tensors) {
  for (int i = 0; tensors != NULL && i < tensors->size; ++i) {
    const int32_t tensor = tensors->data[i];
    if (tensor >= 0 && subgraph->tensors[tensor].allocation_type == kTfLiteDynamic) return true;
  }
  return false;
}

TfLiteStatus ln_subgraph_resize_input(ln_subgraph* subgraph, int32_t input_index, int rank, const int* dims) {
  if (input_index < 0 || input_index >= subgraph->inputs->size) {
    ln_subgraph_report(subgraph, "input %d does not exist; there are %d", input_index, subgraph->inputs->size);
    return kTfLiteError;
  }
  if (rank < 0 || (rank > 0 && dims == NULL)) {
    ln_subgraph_report(subgraph, "input %d: a shape of rank %d; it must be at least 0", input_index, rank);
    return kTfLiteError;
  }
  if (subgraph->busy) {
    ln_subgraph_report(subgraph, "inputs cannot be resized while the subgraph runs");
    return kTfLiteError;
  }
  TfLiteTensor* tensor = &subgraph->tensors[subgraph->inputs->data[input_index]];
  if (tensor->dims != NULL && TfLiteIntArrayEqualsArray(tensor->dims, rank, dims)) return kTfLiteOk;
  if (subgraph->delegate_fixed_shapes && ln_undo_delegates(subgraph) != kTfLiteOk) return kTfLiteError;
  TfLiteIntArray* copy = TfLiteIntArrayCreate(rank);
  if (copy == NULL) {
    ln_subgraph_report(subgraph, "no memory for a shape");
    return kTfLiteError;
  }
  if (rank > 0) memcpy(copy->data, dims, (size_t)rank * sizeof *dims);
  const TfLiteStatus status = ln_subgraph_resize_tensor(subgraph, tensor, copy);
  if (status == kTfLiteOk) subgraph->ready = false;
  return status;
}

/* Prepares nodes from position `first` on, up to the first whose outputs' shapes are known only after it has run. */
static TfLiteStatus prepare_stretch(ln_subgraph* subgraph, int32_t first, int32_t* end) {
  TfLiteStatus status = kTfLiteOk;
  const bool outer = subgraph->preparing;
  const int32_t outer_position = subgraph->position;
  subgraph->preparing = true;
  for (*end = first; status == kTfLiteOk && *end < subgraph->plan->size;) {
    const int32_t node = subgraph->plan->data[*end];
    status = ln_subgraph_reserve_tensors(subgraph);
    if (status != kTfLiteOk) break;
    subgraph->position = *end;
    status = ln_node_prepare(subgraph, node);
    const bool unknown = status == kTfLiteOutputShapeNotKnown;
    if (unknown) status = kTfLiteOk;
    if (status != kTfLiteOk) break;
    ++*end;
    if (unknown || ln_subgraph_has_dynamic(subgraph, subgraph->nodes[node]->node.outputs)) break;
  }
  subgraph->preparing = outer;
  subgraph->position = outer_position;
  return status;
}

static TfLiteStatus check_custom_allocations(ln_subgraph* subgraph) {
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const TfLiteTensor* t = &subgraph->tensors[i];
    size_t needed;
    if (!subgraph->states[i].has_custom || t->allocation_type != kTfLiteCustom) continue;
    if (ln_required_bytes(subgraph, t->type, t->dims->data, t->dims->size, &needed) != kTfLiteOk) return kTfLiteError;
    if (needed <= subgraph->states[i].custom.bytes) continue;
    ln_subgraph_report(subgraph, "Custom allocation is too small for tensor idx: %d; it has %zu bytes, %zu are needed",
                       i, subgraph->states[i].custom.bytes, needed);
    return kTfLiteError;
  }
  return kTfLiteOk;
}

/* The next stretch of the plan. After a failure it is still to be prepared. */
static TfLiteStatus prepare_and_place(ln_subgraph* subgraph) {
  const int32_t first = subgraph->next_to_prepare;
  int32_t end;
  TfLiteStatus status = prepare_stretch(subgraph, first, &end);
  if (status == kTfLiteOk) status = ln_subgraph_place(subgraph, first, end);
  if (status == kTfLiteOk) status = check_custom_allocations(subgraph);
  if (status != kTfLiteOk) {
    ln_subgraph_unmark_plain(subgraph);
    return status;
  }
  subgraph->next_to_prepare = end;
  ln_subgraph_mark_plain(subgraph, first, end);
  if (first == 0) ln_subgraph_plan_together(subgraph);
  return kTfLiteOk;
}

/* The plan must be in order of execution: what a node was prepared for must not get another shape. No node may write
 * what it reads itself, as kernels read their inputs after they have begun to write. Variables are read before they are
 * written. */
static TfLiteStatus check_order(ln_subgraph* subgraph) {
  ln_subgraph_find_lifetimes(subgraph);
  for (int32_t i = 0; i < subgraph->tensor_count; ++i) {
    const ln_tensor_state* s = &subgraph->states[i];
    if (s->writer < 0 || (s->first_read > s->writer && !s->rewritten)) continue;
    const bool may_be_read = subgraph->tensors[i].is_variable || ln_has_tensor(subgraph->inputs, i);
    const int32_t node = subgraph->plan->data[s->writer];
    if (may_be_read && !s->rewritten && !ln_has_tensor(subgraph->nodes[node]->node.inputs, i)) continue;
    ln_subgraph_report(subgraph, "tensor %d \"%s\" is written by node %d, %s", i, subgraph->tensors[i].name, node,
                       s->rewritten ? "and by another one" : "which reads it too or comes after a reader");
    return kTfLiteError;
  }
  return kTfLiteOk;
}

static bool enter(ln_subgraph* subgraph) {
  if (!subgraph->busy) return subgraph->busy = true;
  ln_subgraph_report(subgraph, "the subgraph runs already and cannot be entered again");
  return false;
}

/* Prepares the nodes that delegates stand for: what follows from their shapes must be known to the delegates. */
static TfLiteStatus propagate_shapes(ln_subgraph* subgraph) {
  TfLiteStatus status = kTfLiteOk;
  for (int32_t i = 0; subgraph->propagate_shapes && i < subgraph->source->operator_count; ++i) {
    status = ln_node_prepare(subgraph, i);
    if (status != kTfLiteOk || ln_subgraph_has_dynamic(subgraph, subgraph->nodes[i]->node.outputs)) break;
  }
  return status;
}

/* Whether an input has another shape than in the file. */
static bool is_resized(const ln_subgraph* subgraph) {
  for (int i = 0; i < subgraph->inputs->size; ++i) {
    const int32_t tensor = subgraph->inputs->data[i];
    const ln_model_tensor* source = &subgraph->source->tensors[tensor];
    if (!TfLiteIntArrayEqualsArray(subgraph->tensors[tensor].dims, source->shape.count, source->shape.data))
      return true;
  }
  return false;
}

static TfLiteStatus allocate(ln_subgraph* subgraph) {
  if (!enter(subgraph)) return kTfLiteError;
  subgraph->ready = false;
  subgraph->resized = false;
  subgraph->next_to_prepare = 0;
  ++subgraph->generation;
  ln_subgraph_reset_dynamic(subgraph);
  TfLiteStatus status = check_order(subgraph);
  if (status == kTfLiteOk) status = propagate_shapes(subgraph);
  if (status == kTfLiteOk) status = prepare_and_place(subgraph);
  subgraph->busy = false;
  subgraph->resized = false;
  if (status != kTfLiteOk) return status;
  subgraph->dynamic =
      subgraph->next_to_prepare < subgraph->plan->size || ln_subgraph_has_dynamic(subgraph, subgraph->outputs);
  subgraph->ready = !subgraph->interpreter->config.plan_only;
  ln_subgraph_reset_variables(subgraph);
  return kTfLiteOk;
}

TfLiteStatus ln_subgraph_allocate(ln_subgraph* subgraph) {
  if (ln_redo_delegates(subgraph) != kTfLiteOk) return kTfLiteError;
  if (subgraph->ready && !subgraph->resized) return kTfLiteOk;
  if (subgraph->busy) return allocate(subgraph);
  if (ln_subgraph_fuse(subgraph) != kTfLiteOk) return kTfLiteError;
  if (subgraph->unfused_plan == NULL || !is_resized(subgraph)) return allocate(subgraph);
  /* Nodes were fused by the file's shapes. The single ones may take others, and say what is wrong in the file's terms.
   */
  const bool held = ln_report_hold(true);
  const TfLiteStatus status = allocate(subgraph);
  ln_report_hold(held);
  if (status == kTfLiteOk) return kTfLiteOk;
  ln_subgraph_unfuse(subgraph);
  return allocate(subgraph);
}

TfLiteStatus ln_subgraph_find_shapes(ln_subgraph* subgraph, int32_t* known) {
  if (!enter(subgraph)) return kTfLiteError;
  subgraph->ready = false;
  subgraph->next_to_prepare = 0;
  ln_subgraph_reset_dynamic(subgraph);
  TfLiteStatus status = check_order(subgraph);
  if (status == kTfLiteOk) status = prepare_stretch(subgraph, 0, known);
  subgraph->busy = false;
  return status;
}

static TfLiteStatus check_inputs(ln_subgraph* subgraph, int32_t index) {
  const ln_node* node = subgraph->nodes[index];
  for (int i = 0; i < node->node.inputs->size; ++i) {
    const int32_t tensor = node->node.inputs->data[i];
    if (tensor < 0) continue;
    const TfLiteTensor* t = &subgraph->tensors[tensor];
    if (t->delegate != NULL && t->delegate != node->node.delegate && t->data_is_stale &&
        ln_make_readable(subgraph, tensor) != kTfLiteOk)
      return kTfLiteError;
    if (t->data.raw != NULL || t->bytes == 0 || t->buffer_handle != kTfLiteNullBufferHandle) continue;
    /* The shape given by a tensor that is no vector is not looked at: old converters wrote such ones. */
    if (node->registration.builtin_code == kTfLiteBuiltinReshape && i == 1 && t->dims->size != 1) continue;
    ln_subgraph_report(subgraph, "Input tensor %d lacks data (\"%s\")", tensor, t->name);
    return kTfLiteError;
  }
  /* A string tensor that nobody has written has no bytes at all: operators must not look for a count in it. */
  return kTfLiteOk;
}

static TfLiteStatus run_node(ln_subgraph* subgraph, int32_t index) {
  ln_node* node = subgraph->nodes[index];
  if (!subgraph->interpreter->profiling) return ln_node_invoke(subgraph, index);
  const uint64_t start = ln_clock_ns();
  const TfLiteStatus status = ln_node_invoke(subgraph, index);
  const uint64_t ns = ln_clock_ns() - start;
  if (node->calls == 0 || ns < node->min_ns) node->min_ns = ns;
  if (ns > node->max_ns) node->max_ns = ns;
  ++node->calls;
  node->total_ns += ns;
  return status;
}

/* Without elements in any output there is nothing to compute; other extents may be so large that counting through them
 * would take for ever. */
static bool has_no_elements(const ln_subgraph* subgraph, const ln_node* node) {
  const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
  const int32_t code = node->registration.builtin_code;
  if (code == kTfLiteBuiltinCustom || code == kTfLiteBuiltinDelegate || node->node.might_have_side_effect) return false;
  for (int i = 0; i < outputs->size; ++i) {
    const TfLiteTensor* t = &subgraph->tensors[outputs->data[i]];
    if (t->bytes != 0 || t->allocation_type != kTfLiteArenaRw) return false;
  }
  for (int i = 0; i < inputs->size; ++i)
    if (inputs->data[i] >= 0 && subgraph->tensors[inputs->data[i]].is_variable) return false;
  return outputs->size > 0;
}

/* Whether all that the node would compute was computed when it was prepared. */
static bool is_computed(const ln_subgraph* subgraph, const ln_node* node) {
  const TfLiteIntArray* outputs = node->node.outputs;
  const int32_t code = node->registration.builtin_code;
  if (code == kTfLiteBuiltinCustom || code == kTfLiteBuiltinDelegate) return false;
  for (int i = 0; i < outputs->size; ++i)
    if (subgraph->tensors[outputs->data[i]].allocation_type != kTfLitePersistentRo) return false;
  return outputs->size > 0;
}

TfLiteStatus ln_subgraph_run_position(ln_subgraph* subgraph, int32_t position) {
  const int32_t index = subgraph->plan->data[position];
  const ln_node* node = subgraph->nodes[index];
  const bool plain = node->plain_invoke != NULL;
  subgraph->position = position;
  subgraph->current_node = index;
  TfLiteStatus status = plain ? kTfLiteOk : check_inputs(subgraph, index);
  if (status == kTfLiteOk && ln_interpreter_is_cancelled(subgraph->interpreter)) status = kTfLiteCancelled;
  if (status == kTfLiteOk) status = ln_subgraph_reserve_tensors(subgraph);
  subgraph->resized = false;
  if (status == kTfLiteOk && (plain || (!has_no_elements(subgraph, node) && !is_computed(subgraph, node))))
    status = run_node(subgraph, index);
  subgraph->current_node = -1;
  return status;
}

static TfLiteStatus run_plan(ln_subgraph* subgraph) {
  TfLiteStatus status = kTfLiteOk;
  for (int32_t p = 0; status == kTfLiteOk && p < subgraph->plan->size; ++p) {
    if (p == subgraph->next_to_prepare) status = prepare_and_place(subgraph);
    const int32_t end = subgraph->nodes[subgraph->plan->data[p]]->together_end;
    if (end > 0 && !subgraph->interpreter->alone && ln_subgraph_run_together(subgraph, p, &status)) {
      p = end - 1;
      continue;
    }
    if (status == kTfLiteOk) status = ln_subgraph_run_position(subgraph, p);
    /* Shapes behind a dynamic output follow from what it has become: prepare them again. */
    if (subgraph->resized && ln_subgraph_has_dynamic(subgraph, subgraph->nodes[subgraph->plan->data[p]]->node.outputs))
      subgraph->next_to_prepare = p + 1;
  }
  subgraph->position = -1;
  return status;
}

static TfLiteStatus read_outputs(ln_subgraph* subgraph) {
  if (subgraph->interpreter->allow_buffer_handle_output) return kTfLiteOk;
  for (int i = 0; i < subgraph->outputs->size; ++i) {
    const TfLiteTensor* t = &subgraph->tensors[subgraph->outputs->data[i]];
    if (t->delegate != NULL && t->data_is_stale && ln_make_readable(subgraph, subgraph->outputs->data[i]) != kTfLiteOk)
      return kTfLiteError;
  }
  return kTfLiteOk;
}

TfLiteStatus ln_subgraph_invoke_part(ln_subgraph* subgraph, int32_t first, int32_t end) {
  if (!subgraph->ready || first < 0 || end > subgraph->next_to_prepare) {
    ln_subgraph_report(subgraph, "positions %d to %d are to be run; %d are prepared", first, end,
                       subgraph->ready ? subgraph->next_to_prepare : 0);
    return kTfLiteError;
  }
  if (!enter(subgraph)) return kTfLiteError;
  TfLiteStatus status = kTfLiteOk;
  subgraph->running = true;
  for (int32_t p = first; status == kTfLiteOk && p < end; ++p) status = ln_subgraph_run_position(subgraph, p);
  subgraph->position = -1;
  subgraph->running = false;
  subgraph->resized = false;
  subgraph->busy = false;
  return status;
}

TfLiteStatus ln_subgraph_invoke(ln_subgraph* subgraph) {
  if (!subgraph->ready) {
    ln_report(&subgraph->interpreter->config.reporter, "Invoke called on model that is not ready.");
    return kTfLiteError;
  }
  if (!enter(subgraph)) return kTfLiteError;
  subgraph->running = true;
  TfLiteStatus status = run_plan(subgraph);
  subgraph->running = false;
  subgraph->resized = false;
  subgraph->busy = false;
  if (status == kTfLiteOk) status = read_outputs(subgraph);
  if (subgraph->interpreter->invoke_depth <= 1 && ln_subgraph_has_dynamic(subgraph, subgraph->outputs))
    ln_note_peak(subgraph->interpreter);
  return status;
}
