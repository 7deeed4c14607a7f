/* Which key of a checkpoint fills which variable or table: read from the graph's own restore operators, whatever the
 * names are. RestoreV2 gives tensors by name; Assign and AssignVariableOp put them into variables; in TensorFlow 2 both
 * are in a function, whose arguments are the variables' handles. */
#include <string.h>

#include "convert/import/tf_bundle.h"

typedef struct site {
  ln_tf_importer* importer;
  ln_tf_bundle* bundle;
  ln_tf_body* body;
  const LnPb__NodeDef* call; /* of the function in the graph, NULL: the body is the graph */
} site;

static const LnPb__NodeDef* source_of(const site* s, const char* reference, int* output) {
  int node;
  if (!ln_tf_resolve(s->body, reference, &node, output) || node < 0) return NULL;
  return s->body->defs[node];
}

/* Through identities to what makes the value. */
static const LnPb__NodeDef* trace(const site* s, const char* reference, int* output) {
  const LnPb__NodeDef* def = source_of(s, reference, output);
  for (int steps = 0; def != NULL && steps < 16; ++steps) {
    if (strncmp(def->op, "Identity", 8) != 0 && strcmp(def->op, "Reshape") != 0 && strcmp(def->op, "Cast") != 0) break;
    const size_t input = strcmp(def->op, "IdentityN") == 0 ? (size_t)*output : 0;
    if (input >= def->n_input) return NULL;
    def = source_of(s, def->input[input], output);
  }
  return def;
}

/* The node in the graph that a handle in this body is. */
static const char* handle_name(const site* s, const char* reference) {
  int node, output;
  if (!ln_tf_resolve(s->body, reference, &node, &output)) return NULL;
  if (node >= 0) return s->body->defs[node]->name;
  const size_t arg = (size_t)(-1 - node);
  if (s->call == NULL || arg >= s->call->n_input) return NULL;
  ln_tf_body* graph = ln_tf_graph_body(s->importer);
  return ln_tf_resolve(graph, s->call->input[arg], &node, &output) && node >= 0 ? graph->defs[node]->name : NULL;
}

/* String number `index` of a constant, "" where there is none. */
static const char* string_at(const site* s, const char* reference, int index) {
  int output;
  const LnPb__NodeDef* def = trace(s, reference, &output);
  const LnPb__AttrValue* value = def != NULL ? ln_tf_attr(def, "value") : NULL;
  if (value == NULL || value->tensor == NULL || (size_t)index >= value->tensor->n_string_val) return "";
  const ProtobufCBinaryData text = value->tensor->string_val[index];
  char* copy = ln_job_alloc(s->importer->job, text.len + 1, 1);
  if (text.len != 0) memcpy(copy, text.data, text.len);
  return copy;
}

const char* ln_tf_bundle_column(ln_job* job, const char* table_node, int which) {
  return ln_job_text(job, "%s %s", table_node, which == 0 ? "keys" : "values");
}

/* Tables that are filled with two tensors. */
static void follow_table(const site* s, const LnPb__NodeDef* def) {
  const char* node = handle_name(s, def->input[0]);
  for (int which = 0; which < 2 && node != NULL; ++which) {
    int output;
    const LnPb__NodeDef* restore = trace(s, def->input[which + 1], &output);
    if (restore == NULL || strcmp(restore->op, "RestoreV2") != 0 || restore->n_input < 3) return;
    const char* key = string_at(s, restore->input[1], output);
    if (key[0] != 0)
      ln_tf_bundle_alias(s->bundle, ln_tf_bundle_column(s->importer->job, node, which), key,
                         string_at(s, restore->input[2], output));
  }
}

static void follow(const site* s) {
  for (size_t i = 0; i < s->body->count; ++i) {
    const LnPb__NodeDef* def = s->body->defs[i];
    int output;
    if (strncmp(def->op, "LookupTableImport", 17) == 0 && def->n_input >= 3) follow_table(s, def);
    if ((strcmp(def->op, "AssignVariableOp") != 0 && strcmp(def->op, "Assign") != 0) || def->n_input < 2) continue;
    const LnPb__NodeDef* restore = trace(s, def->input[1], &output);
    if (restore == NULL || strcmp(restore->op, "RestoreV2") != 0 || restore->n_input < 3) continue;
    const char *node = handle_name(s, def->input[0]), *key = string_at(s, restore->input[1], output);
    if (node != NULL && key[0] != 0) ln_tf_bundle_alias(s->bundle, node, key, string_at(s, restore->input[2], output));
  }
}

/* Variables of Keras 3 that tf.saved_model.save writes: the file has a copy, which begins as the one that is used. */
static void follow_copies(const site* s) {
  for (size_t i = 0; i < s->body->count; ++i) {
    const LnPb__NodeDef* def = s->body->defs[i];
    int output;
    if (strcmp(def->op, "AssignVariableOp") != 0 || def->n_input < 2) continue;
    const LnPb__NodeDef* read = trace(s, def->input[1], &output);
    if (read == NULL || strcmp(read->op, "ReadVariableOp") != 0 || read->n_input < 1) continue;
    const char *copy = handle_name(s, def->input[0]), *node = handle_name(s, read->input[0]);
    if (copy != NULL && node != NULL) ln_tf_bundle_share(s->bundle, node, copy);
  }
}

void ln_tf_bundle_follow_restores(ln_tf_bundle* bundle, ln_tf_importer* importer) {
  site s = {importer, bundle, ln_tf_graph_body(importer), NULL};
  ln_tf_body* graph = s.body;
  follow(&s);
  for (size_t i = 0; i < graph->count; ++i) {
    const LnPb__AttrValue* f = ln_tf_attr(graph->defs[i], "f");
    if (f == NULL || f->func == NULL || strstr(graph->defs[i]->op, "PartitionedCall") == NULL) continue;
    s.call = graph->defs[i];
    s.body = ln_tf_function(importer, f->func->name);
    if (s.body != NULL) follow(&s);
  }
  if (s.call != NULL) follow_copies(&(site){importer, bundle, graph, NULL});
}
