/* What nodes do besides their results: variables that are assigned and tables that are changed while the model runs.
 * Which variables these are is known before anything is lowered: all others are constants. Where there are some,
 * control edges between what reads and what assigns are followed like data (tf_import.c), so that it happens in
 * TensorFlow's order. */
#include <string.h>

#include "convert/import/tf_import.h"

enum { MAX_CALLS = 20000, MAX_DEPTH = 100 };

/* How an operator treats the variable that is its first input. */
static int touch_of(const char* op) {
  static const char* const kWrites[] = {
      "Assign", "ResourceScatter", "Scatter", "LookupTableInsert", "LookupTableImport", "LookupTableRemove"};
  if (strcmp(op, "ScatterNd") == 0 || strcmp(op, "ScatterNdNonAliasingAdd") == 0) return LN_TF_TOUCHES_NOTHING;
  for (size_t i = 0; i < sizeof kWrites / sizeof kWrites[0]; ++i)
    if (strncmp(op, kWrites[i], strlen(kWrites[i])) == 0) return LN_TF_WRITES;
  if (strcmp(op, "ReadVariableOp") == 0 || strcmp(op, "ResourceGather") == 0 || strcmp(op, "ResourceGatherNd") == 0)
    return LN_TF_READS;
  return LN_TF_TOUCHES_NOTHING;
}

/* What does not run here: its inputs are nothing to it. */
static bool is_dropped(const char* op) {
  return strcmp(op, "Assert") == 0 || strncmp(op, "Print", 5) == 0 || strncmp(op, "Save", 4) == 0;
}

/* The function number `number` that a node calls; NULL: no more. */
static ln_tf_body* called(ln_tf_importer* importer, const LnPb__NodeDef* def, size_t number) {
  size_t found = 0;
  for (size_t i = 0; i < def->n_attr; ++i) {
    const LnPb__AttrValue* v = def->attr[i]->value;
    const size_t listed = v != NULL && v->list != NULL ? v->list->n_func : 0; /* the branches of Case */
    for (size_t k = 0; k < listed; ++k)
      if (v->list->func[k]->name != NULL && found++ == number) return ln_tf_function(importer, v->list->func[k]->name);
    if (v == NULL || v->func == NULL || v->func->name == NULL) continue;
    if (found++ == number) return ln_tf_function(importer, v->func->name);
  }
  return found == number ? ln_tf_function(importer, def->op) : NULL;
}

static uint8_t touch_of_body(ln_tf_importer* importer, ln_tf_body* body) {
  ln_tf_touches(importer, body);
  return body->touch;
}

/* Nodes that do nothing themselves count as what is behind them, since control edges lead through them. Inputs first,
 * by a stack of its own: graphs are deep. */
static void spread(ln_tf_importer* importer, const ln_tf_body* body) {
  ln_job* job = importer->job;
  uint8_t* seen = ln_job_alloc(job, body->count, 1);
  int* stack = ln_job_alloc(job, body->count, sizeof *stack);
  size_t* next = ln_job_alloc(job, body->count, sizeof *next);
  for (size_t start = 0; start < body->count; ++start) {
    size_t depth = 0;
    if (seen[start]) continue;
    seen[start] = 1;
    stack[depth++] = (int)start;
    while (depth > 0) {
      const int at = stack[depth - 1];
      const LnPb__NodeDef* def = body->defs[at];
      if (next[at] >= def->n_input || is_dropped(def->op)) {
        for (size_t i = 0; i < def->n_input && body->touches[at] == 0 && !is_dropped(def->op); ++i) {
          const int from = ln_tf_input_node(body, def->input[i]);
          if (from >= 0 && body->touches[from] != 0) body->touches[at] = LN_TF_READS;
        }
        --depth;
        continue;
      }
      const int from = ln_tf_input_node(body, def->input[next[at]++]);
      if (from < 0 || seen[from]) continue;
      seen[from] = 1;
      stack[depth++] = from;
    }
  }
}

const uint8_t* ln_tf_touches(ln_tf_importer* importer, ln_tf_body* body) {
  if (body->touches != NULL) return body->touches;
  if (++importer->depth > MAX_DEPTH) ln_stop(importer->job, "functions call each other more than %d deep", MAX_DEPTH);
  uint8_t* touches = ln_job_alloc(importer->job, body->count, 1);
  body->touches = touches;
  for (size_t i = 0; i < body->count; ++i) {
    const LnPb__NodeDef* def = body->defs[i];
    int touch = touch_of(def->op);
    ln_tf_body* f;
    for (size_t k = 0; (f = called(importer, def, k)) != NULL; ++k)
      if (touch_of_body(importer, f) > touch) touch = f->touch;
    touches[i] = (uint8_t)touch;
    if (touch > body->touch) body->touch = (uint8_t)touch;
  }
  spread(importer, body);
  --importer->depth;
  return touches;
}

const char* ln_tf_handle_name(ln_tf_importer* importer, const ln_tf_body* body, const char* reference,
                              const char* const* names) {
  int node, output;
  for (int steps = 0; steps < 1000; ++steps) {
    if (!ln_tf_resolve(body, reference, &node, &output)) return NULL;
    if (node < 0) return names != NULL ? names[-1 - node] : NULL;
    const LnPb__NodeDef* def = body->defs[node];
    if (strcmp(def->op, "VarHandleOp") == 0 || strncmp(def->op, "Variable", 8) == 0 ||
        strncmp(def->op, "HashTable", 9) == 0 || strncmp(def->op, "MutableHashTable", 16) == 0 ||
        strncmp(def->op, "MutableDenseHashTable", 21) == 0) {
      const char* shared = ln_tf_string(importer->job, def, "shared_name", "");
      return shared[0] != 0 ? shared : def->name;
    }
    size_t input = 0;
    if (strcmp(def->op, "IdentityN") == 0 || strcmp(def->op, "While") == 0 || strcmp(def->op, "StatelessWhile") == 0)
      input = (size_t)output;
    else if (strcmp(def->op, "Identity") != 0 && strstr(def->op, "Enter") == NULL &&
             strstr(def->op, "Switch") == NULL && strstr(def->op, "Exit") == NULL && strstr(def->op, "Merge") == NULL &&
             touch_of(def->op) != LN_TF_WRITES)
      return NULL;
    if (input >= def->n_input) return NULL;
    reference = def->input[input];
  }
  return NULL;
}

typedef struct marker {
  ln_tf_importer* importer;
  size_t calls;
  int depth;
} marker;

static void mark(marker* m, const char* name) {
  ln_tf_importer* importer = m->importer;
  importer->has_assigned = true;
  ln_tf_variable* v = importer->variables;
  while (v != NULL && strcmp(v->name, name) != 0) v = v->next;
  if (v == NULL) {
    v = ln_job_alloc(importer->job, 1, sizeof *v);
    v->name = name;
    v->type = -1;
    v->next = importer->variables;
    importer->variables = v;
  }
  v->assigned = true;
}

static void mark_body(marker* m, ln_tf_body* body, const char* const* names);

static void mark_node(marker* m, const ln_tf_body* body, const LnPb__NodeDef* def, const char* const* names) {
  ln_tf_importer* importer = m->importer;
  ln_tf_body* f;
  if (touch_of(def->op) == LN_TF_WRITES && def->n_input > 0) {
    const char* name = ln_tf_handle_name(importer, body, def->input[0], names);
    if (name != NULL && strncmp(def->op, "LookupTable", 11) == 0)
      ln_tf_table_of(importer, name)->changes = true;
    else if (name != NULL)
      mark(m, name);
  }
  for (size_t k = 0; (f = called(importer, def, k)) != NULL; ++k) {
    if (touch_of_body(importer, f) != LN_TF_WRITES) continue;
    if (++m->calls > MAX_CALLS || m->depth > MAX_DEPTH) ln_stop(importer->job, "the graph's functions call too many");
    const size_t count = f->function->signature->n_input_arg;
    /* If's and Case's first input says which branch. */
    const size_t first = strcmp(def->op, "If") == 0 || strcmp(def->op, "StatelessIf") == 0 ||
                         strcmp(def->op, "Case") == 0 || strcmp(def->op, "StatelessCase") == 0;
    const char** inner = ln_job_alloc(importer->job, count, sizeof *inner);
    for (size_t i = 0; i < count && i + first < def->n_input; ++i)
      if (def->input[i + first][0] != '^') inner[i] = ln_tf_handle_name(importer, body, def->input[i + first], names);
    mark_body(m, f, inner);
  }
}

static void mark_body(marker* m, ln_tf_body* body, const char* const* names) {
  ++m->depth;
  const uint8_t* touches = ln_tf_touches(m->importer, body);
  for (size_t i = 0; i < body->count; ++i)
    if (touches[i] == LN_TF_WRITES) mark_node(m, body, body->defs[i], names);
  --m->depth;
}

void ln_tf_walk_back(ln_tf_importer* importer, const char* reference, bool (*visit)(void* arg, int node), void* arg) {
  const ln_tf_body* body = ln_tf_graph_body(importer);
  const int start = ln_tf_input_node(body, reference);
  if (start < 0) return;
  uint8_t* seen = ln_job_alloc(importer->job, body->count, 1);
  int* stack = ln_job_alloc(importer->job, body->count, sizeof *stack);
  size_t depth = 0;
  stack[depth++] = start;
  seen[start] = 1;
  while (depth > 0) {
    const int at = stack[--depth];
    const LnPb__NodeDef* def = body->defs[at];
    if (!visit(arg, at)) continue;
    for (size_t i = 0; i < def->n_input; ++i) {
      const int from = ln_tf_input_node(body, def->input[i]);
      if (from < 0 || seen[from]) continue;
      seen[from] = 1;
      stack[depth++] = from;
    }
  }
}

static bool mark_reached(void* arg, int node) {
  marker* m = arg;
  const ln_tf_body* body = ln_tf_graph_body(m->importer);
  if (is_dropped(body->defs[node]->op)) return false;
  mark_node(m, body, body->defs[node], NULL);
  return true;
}

void ln_tf_mark_assigned(ln_tf_importer* importer, const char* reference) {
  marker m = {importer, 0, 0};
  ln_tf_walk_back(importer, reference, mark_reached, &m);
}
