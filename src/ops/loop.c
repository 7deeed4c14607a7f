#include "ops/loop.h"

#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/fully_connected.h"
#include "ops/subgraph_util.h"
#include "tensorflow/lite/builtin_ops.h"

enum {
  kBlock = 48, /* elements whose products are made at once */
  kLightsPerNode = 4
};

void ln_loop_free(ln_loop* loop) {
  ln_free(loop->states);
  ln_free(loop->lists);
  ln_free(loop->products);
  ln_free(loop->lights);
  ln_free(loop->steps);
  *loop = (ln_loop){0};
}

/* ---- The body, while it is looked at ---- */

typedef struct body_view {
  TfLiteContext* inner;
  const TfLiteIntArray *inputs, *outputs;
  TfLiteIntArray* plan;
  int32_t prepared;         /* positions that can be run */
  int32_t *writer, *reads;  /* per tensor: position or -1; inputs of nodes and outputs of the body */
  bool *gone, *has_product; /* per position: it is not run */
} body_view;

static void node_at(const body_view* v, int32_t position, TfLiteNode** node, TfLiteRegistration** registration) {
  if (v->inner->GetNodeAndRegistration(v->inner, v->plan->data[position], node, registration) == kTfLiteOk) return;
  *node = NULL;
  *registration = NULL;
}

/* The node at the position if it is of the library's own operator of that code; a client's own is none. */
static const TfLiteNode* own_at(const body_view* v, int32_t position, int32_t code) {
  const TfLiteRegistration* own = ln_find_builtin_op(code, 1);
  TfLiteNode* node;
  TfLiteRegistration* registration;
  if (position < 0 || own == NULL) return NULL;
  node_at(v, position, &node, &registration);
  return node != NULL && registration->builtin_code == code && registration->invoke == own->invoke ? node : NULL;
}

static const TfLiteNode* own_writer(const body_view* v, int32_t tensor, int32_t code) {
  return tensor >= 0 ? own_at(v, v->writer[tensor], code) : NULL;
}

static int32_t input_of(const TfLiteNode* node, int index) {
  return index < node->inputs->size ? node->inputs->data[index] : -1;
}

static const TfLiteTensor* tensor_at(const body_view* v, int32_t tensor) {
  return tensor >= 0 ? v->inner->GetTensor(v->inner, tensor) : NULL;
}

static int32_t find(const TfLiteIntArray* array, int32_t value) {
  for (int i = 0; i < array->size; ++i)
    if (array->data[i] == value) return i;
  return -1;
}

static bool has_data(const TfLiteTensor* t) { return t->data.raw_const != NULL && t->bytes > 0; }

/* A constant INT32 tensor of that value only. */
static bool is_all(const body_view* v, int32_t tensor, int32_t value) {
  const TfLiteTensor* t = tensor_at(v, tensor);
  if (t == NULL || !ln_is_constant(t) || t->type != kTfLiteInt32 || !has_data(t)) return false;
  for (size_t i = 0; i < t->bytes / sizeof(int32_t); ++i)
    if (t->data.i32[i] != value) return false;
  return true;
}

/* A body's input may be written by a node, and is then no longer what the turn began with. */
static bool is_input(const body_view* v, int32_t tensor) {
  return find(v->inputs, tensor) >= 0 && v->writer[tensor] < 0;
}

static bool is_index(const body_view* v, int32_t tensor) {
  const TfLiteTensor* t = tensor_at(v, tensor);
  return t != NULL && t->type == kTfLiteInt32 && ln_num_elements(t) == 1 && is_input(v, tensor);
}

/* ---- Lists that are set: join(slice(list, 0, [t, -1..]), value, slice(list, [t + 1, 0..], -1)) ---- */

/* [scalar, rest, ..] as nodes make it. */
static bool is_vector(const body_view* v, int32_t tensor, int32_t scalar, int32_t rest) {
  const TfLiteNode* join = own_writer(v, tensor, kTfLiteBuiltinConcatenation);
  if (join == NULL || join->inputs->size != 2 || v->reads[tensor] != 1 || !is_all(v, input_of(join, 1), rest))
    return false;
  const TfLiteNode* shaped = own_writer(v, input_of(join, 0), kTfLiteBuiltinReshape);
  return shaped != NULL && v->reads[input_of(join, 0)] == 1 && input_of(shaped, 0) == scalar;
}

static bool is_next(const body_view* v, int32_t tensor, int32_t index) {
  const TfLiteNode* add = own_writer(v, tensor, kTfLiteBuiltinAdd);
  const TfLiteAddParams* params = add != NULL ? add->builtin_data : NULL;
  if (params == NULL || params->activation != kTfLiteActNone || add->inputs->size != 2) return false;
  const int32_t a = input_of(add, 0), b = input_of(add, 1);
  return (a == index && is_all(v, b, 1)) || (b == index && is_all(v, a, 1));
}

static const TfLiteNode* slice_of(const body_view* v, int32_t tensor, int32_t list) {
  const TfLiteNode* slice = own_writer(v, tensor, kTfLiteBuiltinSlice);
  return slice != NULL && slice->inputs->size == 3 && input_of(slice, 0) == list && v->reads[tensor] == 1 ? slice
                                                                                                          : NULL;
}

/* The scalar in front of the vector. */
static int32_t scalar_of(const body_view* v, int32_t vector) {
  const TfLiteNode* join = own_writer(v, vector, kTfLiteBuiltinConcatenation);
  const TfLiteNode* shaped = join != NULL ? own_writer(v, input_of(join, 0), kTfLiteBuiltinReshape) : NULL;
  return shaped != NULL ? input_of(shaped, 0) : -1;
}

/* One element of the list, in rank and all. */
static bool is_element(const TfLiteTensor* list, const TfLiteTensor* value) {
  if (value == NULL || value->type != list->type || ln_rank(value) != ln_rank(list) || ln_dim(value, 0) != 1)
    return false;
  for (int i = 1; i < ln_rank(list); ++i)
    if (ln_dim(value, i) != ln_dim(list, i)) return false;
  return true;
}

static void drop(body_view* v, int32_t tensor) { v->gone[v->writer[tensor]] = true; }

static void drop_vector(body_view* v, int32_t vector) {
  drop(v, input_of(own_writer(v, vector, kTfLiteBuiltinConcatenation), 0));
  drop(v, vector);
}

/* Whether state `i` is such a list; the nodes that make it are then not run. */
static bool match_list(body_view* v, int i, ln_loop_list* out) {
  const int32_t list = v->inputs->data[i], joined = v->outputs->data[i];
  const TfLiteNode* join = own_writer(v, joined, kTfLiteBuiltinConcatenation);
  const TfLiteConcatenationParams* params = join != NULL ? join->builtin_data : NULL;
  if (params == NULL || params->axis != 0 || params->activation != kTfLiteActNone || join->inputs->size != 3 ||
      v->reads[joined] != 1 || v->reads[list] != 2 || !is_input(v, list))
    return false;
  const TfLiteNode *before = slice_of(v, input_of(join, 0), list), *after = slice_of(v, input_of(join, 2), list);
  if (before == NULL || after == NULL || before == after) return false;
  const int32_t count = input_of(before, 2), begin = input_of(after, 1);
  const int32_t index = scalar_of(v, count), next = scalar_of(v, begin);
  if (!is_all(v, input_of(before, 1), 0) || !is_all(v, input_of(after, 2), -1) || !is_index(v, index) || next < 0 ||
      !is_next(v, next, index) || !is_vector(v, count, index, -1) || !is_vector(v, begin, next, 0))
    return false;
  int32_t value = input_of(join, 1);
  const TfLiteTensor *t = tensor_at(v, list), *element = tensor_at(v, value);
  if (ln_rank(t) < 1 || ln_dim(t, 0) < 1 || !is_element(t, element)) return false;
  const TfLiteNode* shaped = own_writer(v, value, kTfLiteBuiltinReshape);
  const int32_t plain = shaped != NULL && v->reads[value] == 1 ? input_of(shaped, 0) : value;
  *out = (ln_loop_list){list, index, plain, t->bytes / (size_t)ln_dim(t, 0)};
  if (tensor_at(v, plain)->type != t->type || tensor_at(v, plain)->bytes != out->element_bytes ||
      out->element_bytes == 0 || tensor_at(v, plain)->allocation_type != kTfLiteArenaRw ||
      (find(v->inputs, plain) >= 0 && !is_input(v, plain)))
    return false;
  if (plain != value) drop(v, value);
  drop_vector(v, count);
  drop_vector(v, begin);
  drop(v, input_of(join, 0));
  drop(v, input_of(join, 2));
  drop(v, joined);
  return true;
}

/* ---- Products with elements ---- */

static bool is_unchanging(const body_view* v, int32_t tensor) {
  return is_input(v, tensor) && v->outputs->data[find(v->inputs, tensor)] == tensor;
}

static bool match_product(body_view* v, int32_t position, ln_loop_product* out) {
  const TfLiteNode* node = own_at(v, position, kTfLiteBuiltinFullyConnected);
  if (node == NULL || position >= v->prepared || !ln_fully_connected_takes_rows(node)) return false;
  const int32_t in = input_of(node, 0);
  const TfLiteNode* gather = own_writer(v, in, kTfLiteBuiltinGather);
  const TfLiteGatherParams* params = gather != NULL ? gather->builtin_data : NULL;
  if (params == NULL || params->axis != 0 || params->batch_dims != 0) return false;
  const int32_t list = input_of(gather, 0), index = input_of(gather, 1);
  const TfLiteTensor *t = tensor_at(v, list), *element = tensor_at(v, in),
                     *result = tensor_at(v, node->outputs->data[0]);
  if (!is_index(v, index) || !is_unchanging(v, list) || ln_rank(t) < 1 || ln_dim(t, 0) < 2 ||
      element->type != t->type || element->bytes != t->bytes / (size_t)ln_dim(t, 0) || element->bytes == 0 ||
      result->allocation_type != kTfLiteArenaRw || result->bytes == 0)
    return false;
  *out = (ln_loop_product){
      .in = {list, index, node->outputs->data[0], element->bytes}, .position = position, .out_bytes = result->bytes};
  return v->has_product[position] = ln_fully_connected_rows_bytes(node, kBlock, &out->memory_bytes);
}

/* Elements that nobody but products reads need not be taken out. */
static void drop_elements(body_view* v) {
  for (int32_t p = 0; p < v->plan->size; ++p) {
    const TfLiteNode* gather = own_at(v, p, kTfLiteBuiltinGather);
    if (gather == NULL) continue;
    int32_t left = v->reads[gather->outputs->data[0]];
    for (int32_t q = 0; q < v->plan->size; ++q)
      if (v->has_product[q] && input_of(own_at(v, q, kTfLiteBuiltinFullyConnected), 0) == gather->outputs->data[0])
        --left;
    v->gone[p] = left == 0;
  }
}

/* ---- The view ---- */

static void close_view(body_view* v) {
  ln_free(v->writer);
  ln_free(v->reads);
  ln_free(v->gone);
  ln_free(v->has_product);
}

static TfLiteStatus open_view(TfLiteContext* context, int32_t body, body_view* v) {
  LinnetBackend* backend = LinnetBackendOf(context);
  *v = (body_view){.inner = backend->SubgraphContext(backend, body),
                   .inputs = backend->SubgraphInputs(backend, body),
                   .outputs = backend->SubgraphOutputs(backend, body),
                   .prepared = backend->SubgraphPrepared(backend, body)};
  LN_TRY(v->inner->GetExecutionPlan(v->inner, &v->plan));
  const size_t tensors = v->inner->tensors_size, positions = (size_t)v->plan->size;
  v->writer = ln_calloc(tensors + 1, sizeof *v->writer);
  v->reads = ln_calloc(tensors + 1, sizeof *v->reads);
  v->gone = ln_calloc(positions + 1, sizeof *v->gone);
  v->has_product = ln_calloc(positions + 1, sizeof *v->has_product);
  LN_CHECK(context, v->writer != NULL && v->reads != NULL && v->gone != NULL && v->has_product != NULL,
           "no memory to look at a loop's body");
  for (size_t i = 0; i < tensors; ++i) v->writer[i] = -1;
  for (int32_t p = 0; p < v->plan->size; ++p) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    node_at(v, p, &node, &registration);
    LN_CHECK(context, node != NULL, "node %d of a loop's body does not exist", v->plan->data[p]);
    for (int i = 0; i < node->inputs->size; ++i)
      if (node->inputs->data[i] >= 0) ++v->reads[node->inputs->data[i]];
    for (int i = 0; i < node->outputs->size; ++i) v->writer[node->outputs->data[i]] = p;
  }
  for (int i = 0; i < v->outputs->size; ++i) ++v->reads[v->outputs->data[i]];
  return kTfLiteOk;
}

/* ---- Preparing ---- */

/* Nodes that are run need outputs of known shapes. */
static bool can_run(const body_view* v, int32_t position) {
  TfLiteNode* node;
  TfLiteRegistration* registration;
  if (position >= v->prepared) return false;
  node_at(v, position, &node, &registration);
  if (node == NULL) return false;
  for (int i = 0; i < node->outputs->size; ++i)
    if (ln_is_dynamic(tensor_at(v, node->outputs->data[i]))) return false;
  return true;
}

static bool has_plain_memory(const TfLiteTensor* t) {
  return t->type != kTfLiteString && t->type != kTfLiteResource && t->type != kTfLiteVariant && !ln_is_dynamic(t);
}

/* Values that change places would overwrite each other. */
static bool match_states(const body_view* v, ln_loop* loop) {
  for (int i = 0; i < loop->state_count; ++i) {
    const int32_t from = v->outputs->data[i], to = v->inputs->data[i], source = find(v->inputs, from);
    bool in_list = false;
    for (int32_t k = 0; k < loop->list_count; ++k) in_list = in_list || loop->lists[k].list == to;
    loop->states[i].from = from;
    loop->states[i].to = to;
    loop->states[i].carried = from != to && !in_list;
    const TfLiteTensor *in = tensor_at(v, to), *out = tensor_at(v, from);
    if (find(v->inputs, to) != i || !has_plain_memory(in) || in->allocation_type == kTfLiteMmapRo || in->is_variable)
      return false;
    if (!loop->states[i].carried) continue;
    if (source >= 0 || !has_plain_memory(out) || out->type != in->type || !ln_same_shape(in, out)) return false;
    if (v->writer[from] < 0 && !ln_is_constant(out)) return false;
  }
  return true;
}

static void add_step(ln_loop* loop, ln_loop_kind kind, int32_t first) {
  if (loop->steps == NULL) return; /* never, as take_lists has been asked */
  ln_loop_step* last = loop->step_count > 0 ? &loop->steps[loop->step_count - 1] : NULL;
  if (kind <= LN_LOOP_LIGHT && last != NULL && last->kind == kind && last->end == first)
    ++last->end;
  else
    loop->steps[loop->step_count++] = (ln_loop_step){kind, first, first + 1};
}

static void put_values(const body_view* v, int32_t written_at, ln_loop* loop) {
  for (int32_t k = 0; k < loop->list_count; ++k)
    if (v->writer[loop->lists[k].value] == written_at) add_step(loop, LN_LOOP_PUT, k);
}

static bool add_light(const body_view* v, int32_t position, ln_loop* loop) {
  TfLiteNode* node;
  TfLiteRegistration* registration;
  node_at(v, position, &node, &registration);
  const int count = ln_light_make(v->inner, node, registration, &loop->lights[loop->light_count],
                                  loop->light_room - loop->light_count);
  for (int i = 0; i < count; ++i) add_step(loop, LN_LOOP_LIGHT, loop->light_count++);
  return count > 0;
}

static bool make_steps(const body_view* v, ln_loop* loop) {
  int32_t product = 0;
  put_values(v, -1, loop);
  for (int32_t p = 0; p < v->plan->size; ++p) {
    if (v->gone[p]) continue;
    if (v->has_product[p]) {
      add_step(loop, LN_LOOP_PRODUCT, product++);
    } else {
      if (!can_run(v, p)) return false;
      if (!add_light(v, p, loop)) add_step(loop, LN_LOOP_NODES, p);
    }
    put_values(v, p, loop);
  }
  return true;
}

static bool place(size_t size, size_t* used, size_t* offset) {
  *offset = *used;
  if (size > SIZE_MAX / 4 || !ln_add_size(*used, (size + 63) / 64 * 64, used)) return false;
  return *used < SIZE_MAX / 4;
}

static bool plan_scratch(ln_loop* loop) {
  for (int32_t k = 0; k < loop->product_count; ++k) {
    ln_loop_product* p = &loop->products[k];
    size_t bytes;
    if (!ln_mul_size(p->out_bytes, kBlock, &bytes) || !place(bytes, &loop->scratch_bytes, &p->block) ||
        !place(p->memory_bytes, &loop->scratch_bytes, &p->memory))
      return false;
  }
  return true;
}

/* input < constant, all INT32 scalars. */
static bool match_limit(const body_view* v, int32_t tensor, ln_loop_limit* limit) {
  const TfLiteNode* less = own_writer(v, tensor, kTfLiteBuiltinLess);
  if (less == NULL || less->inputs->size != 2 || !is_index(v, input_of(less, 0))) return false;
  const TfLiteTensor* constant = tensor_at(v, input_of(less, 1));
  if (constant == NULL || !ln_is_constant(constant) || constant->type != kTfLiteInt32 ||
      ln_num_elements(constant) != 1 || !has_data(constant))
    return false;
  *limit = (ln_loop_limit){find(v->inputs, input_of(less, 0)), constant->data.i32[0]};
  return true;
}

/* One comparison, or two of which both must hold. */
static int match_limits(const body_view* v, ln_loop_limit limits[LN_LOOP_MOST_LIMITS]) {
  const int32_t result = v->outputs->data[0];
  if (match_limit(v, result, &limits[0])) return 1;
  const TfLiteNode* both = own_writer(v, result, kTfLiteBuiltinLogicalAnd);
  if (both == NULL || both->inputs->size != 2) return 0;
  return match_limit(v, input_of(both, 0), &limits[0]) && match_limit(v, input_of(both, 1), &limits[1]) ? 2 : 0;
}

static TfLiteStatus look_at_condition(TfLiteContext* context, const body_view* body, ln_loop* loop) {
  body_view v;
  const TfLiteStatus status = open_view(context, loop->condition, &v);
  for (int i = 0; i < loop->state_count && status == kTfLiteOk; ++i)
    loop->states[i].asked = v.reads[v.inputs->data[i]] > 0;
  if (status == kTfLiteOk && v.prepared == v.plan->size) loop->limit_count = match_limits(&v, loop->limits);
  for (int i = 0; i < loop->limit_count; ++i) loop->limits[i].state = body->inputs->data[loop->limits[i].state];
  close_view(&v);
  return status;
}

static TfLiteStatus take_lists(TfLiteContext* context, int32_t positions, ln_loop* loop) {
  const size_t states = (size_t)loop->state_count + 1, lights = kLightsPerNode * (size_t)positions + 1;
  const size_t steps = (size_t)positions + lights + states;
  loop->light_room = (int32_t)lights;
  loop->lights = ln_calloc(lights, sizeof *loop->lights);
  loop->states = ln_calloc(states, sizeof *loop->states);
  loop->lists = ln_calloc(states, sizeof *loop->lists);
  loop->products = ln_calloc((size_t)positions + 1, sizeof *loop->products);
  loop->steps = ln_calloc(steps, sizeof *loop->steps);
  LN_CHECK(context,
           loop->states != NULL && loop->lists != NULL && loop->products != NULL && loop->lights != NULL &&
               loop->steps != NULL,
           "no memory for the steps of a loop");
  return kTfLiteOk;
}

static bool match(body_view* v, ln_loop* loop) {
  for (int i = 0; i < loop->state_count; ++i)
    if (match_list(v, i, &loop->lists[loop->list_count])) ++loop->list_count;
  for (int32_t p = 0; p < v->plan->size; ++p)
    if (match_product(v, p, &loop->products[loop->product_count])) ++loop->product_count;
  drop_elements(v);
  return match_states(v, loop) && make_steps(v, loop) && plan_scratch(loop);
}

TfLiteStatus ln_loop_prepare(TfLiteContext* context, int32_t condition, int32_t body, ln_loop* loop) {
  LinnetBackend* backend = LinnetBackendOf(context);
  body_view v = {0};
  ln_loop_free(loop);
  if (backend->SubgraphPrepared(backend, body) == 0) return kTfLiteOk;
  *loop = (ln_loop){.condition = condition,
                    .body = body,
                    .generation = backend->SubgraphGeneration(backend, body),
                    .state_count = backend->SubgraphInputs(backend, body)->size};
  TfLiteStatus status = open_view(context, body, &v);
  if (status == kTfLiteOk) status = take_lists(context, v.plan->size, loop);
  if (status == kTfLiteOk) loop->fits = match(&v, loop);
  if (status == kTfLiteOk && loop->fits) status = look_at_condition(context, &v, loop);
  close_view(&v);
  if (status != kTfLiteOk || !loop->fits) ln_loop_free(loop);
  return status;
}

/* ---- Running ---- */

static bool has_memory(TfLiteContext* inner, int32_t tensor) {
  const TfLiteTensor* t = inner->GetTensor(inner, tensor);
  return t->data.raw != NULL || t->bytes == 0;
}

static bool find_memory(TfLiteContext* inner, ln_loop* loop) {
  bool all = true;
  for (int i = 0; i < loop->state_count; ++i)
    all = all && has_memory(inner, loop->states[i].to) &&
          (!loop->states[i].carried || has_memory(inner, loop->states[i].from));
  for (int32_t k = 0; k < loop->list_count; ++k) all = all && has_memory(inner, loop->lists[k].value);
  for (int32_t k = 0; k < loop->product_count; ++k) all = all && has_memory(inner, loop->products[k].in.value);
  for (int32_t k = 0; k < loop->light_count; ++k) all = all && ln_light_bind(inner, &loop->lights[k]);
  return all;
}

bool ln_loop_holds(TfLiteContext* context, const TfLiteNode* node, ln_loop* loop) {
  LinnetBackend* backend = LinnetBackendOf(context);
  if (!loop->fits || backend->SubgraphGeneration(backend, loop->body) != loop->generation) return false;
  for (int i = 0; i < loop->state_count; ++i) {
    const TfLiteTensor* initial = ln_optional_input(context, node, i);
    const TfLiteTensor* state = ln_subgraph_input(context, loop->body, i);
    if (initial == NULL || !ln_same_shape(initial, state) || initial->bytes != state->bytes ||
        !ln_same_shape(initial, ln_subgraph_input(context, loop->condition, i)))
      return false;
  }
  return find_memory(backend->SubgraphContext(backend, loop->body), loop);
}

static TfLiteStatus index_of(TfLiteContext* inner, const ln_loop_list* l, size_t* index) {
  const TfLiteTensor* list = inner->GetTensor(inner, l->list);
  const int32_t value = inner->GetTensor(inner, l->index)->data.i32[0], count = ln_dim(list, 0);
  LN_CHECK(inner, value >= 0 && value < count, "element %d of a list of %d", value, count);
  *index = (size_t)value;
  return kTfLiteOk;
}

static TfLiteStatus put(TfLiteContext* inner, const ln_loop_list* l) {
  size_t index;
  LN_TRY(index_of(inner, l, &index));
  memcpy(inner->GetTensor(inner, l->list)->data.raw + index * l->element_bytes,
         inner->GetTensor(inner, l->value)->data.raw, l->element_bytes);
  return kTfLiteOk;
}

static TfLiteStatus multiply(TfLiteContext* inner, ln_loop_product* p, char* scratch) {
  const TfLiteTensor* list = inner->GetTensor(inner, p->in.list);
  size_t index;
  LN_TRY(index_of(inner, &p->in, &index));
  if (index < p->first || index >= p->first + p->computed) {
    TfLiteNode* node;
    TfLiteRegistration* registration;
    TfLiteIntArray* plan;
    const size_t left = (size_t)ln_dim(list, 0) - index;
    LN_TRY(inner->GetExecutionPlan(inner, &plan));
    LN_TRY(inner->GetNodeAndRegistration(inner, plan->data[p->position], &node, &registration));
    p->first = index;
    p->computed = left < kBlock ? left : kBlock;
    ln_fully_connected_run_rows(inner, node, list->data.raw_const + index * p->in.element_bytes, p->computed,
                                scratch + p->block, scratch + p->memory);
  }
  memcpy(inner->GetTensor(inner, p->in.value)->data.raw, scratch + p->block + (index - p->first) * p->out_bytes,
         p->out_bytes);
  return kTfLiteOk;
}

static TfLiteStatus run_turn(LinnetBackend* backend, TfLiteContext* inner, ln_loop* loop, char* scratch) {
  for (int32_t i = 0; i < loop->step_count; ++i) {
    const ln_loop_step* step = &loop->steps[i];
    if (step->kind == LN_LOOP_LIGHT)
      for (int32_t k = step->first; k < step->end; ++k) ln_light_run(&loop->lights[k]);
    else if (step->kind == LN_LOOP_NODES)
      LN_TRY(backend->SubgraphInvokePart(backend, loop->body, step->first, step->end));
    else if (step->kind == LN_LOOP_PUT)
      LN_TRY(put(inner, &loop->lists[step->first]));
    else
      LN_TRY(multiply(inner, &loop->products[step->first], scratch));
  }
  for (int i = 0; i < loop->state_count; ++i) {
    const ln_loop_state* s = &loop->states[i];
    const TfLiteTensor* from = inner->GetTensor(inner, s->from);
    if (s->carried && from->bytes > 0) memcpy(inner->GetTensor(inner, s->to)->data.raw, from->data.raw, from->bytes);
  }
  return kTfLiteOk;
}

static TfLiteStatus ask(TfLiteContext* context, const ln_loop* loop, bool* go_on) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteContext* inner = backend->SubgraphContext(backend, loop->body);
  if (loop->limit_count > 0) {
    *go_on = true;
    for (int i = 0; i < loop->limit_count; ++i)
      *go_on = *go_on && inner->GetTensor(inner, loop->limits[i].state)->data.i32[0] < loop->limits[i].limit;
    return kTfLiteOk;
  }
  inner = backend->SubgraphContext(backend, loop->condition);
  for (int i = 0; i < loop->state_count; ++i)
    if (loop->states[i].asked)
      LN_TRY(ln_copy_tensor(inner, ln_subgraph_input(context, loop->body, i),
                            ln_subgraph_input(context, loop->condition, i)));
  LN_TRY(backend->SubgraphInvoke(backend, loop->condition));
  return ln_read_condition(context, ln_subgraph_output(context, loop->condition, 0), go_on);
}

TfLiteStatus ln_loop_run(TfLiteContext* context, const TfLiteNode* node, ln_loop* loop, void* scratch) {
  LinnetBackend* backend = LinnetBackendOf(context);
  TfLiteContext* inner = backend->SubgraphContext(backend, loop->body);
  for (int32_t k = 0; k < loop->product_count; ++k) loop->products[k].computed = 0;
  for (int i = 0; i < loop->state_count; ++i) {
    const TfLiteTensor* initial;
    LN_TRY(ln_get_input(context, node, i, &initial));
    LN_TRY(ln_copy_tensor(inner, initial, ln_subgraph_input(context, loop->body, i)));
  }
  for (;;) {
    bool go_on;
    LN_TRY(ask(context, loop, &go_on));
    if (!go_on) break;
    LN_TRY(run_turn(backend, inner, loop, scratch));
    if (backend->IsCancelled(backend)) return kTfLiteCancelled; /* the interpreter says why */
  }
  for (int i = 0; i < loop->state_count; ++i) {
    TfLiteTensor* result;
    LN_TRY(ln_get_output(context, node, i, &result));
    LN_TRY(ln_copy_tensor(context, ln_subgraph_input(context, loop->body, i), result));
  }
  return kTfLiteOk;
}
