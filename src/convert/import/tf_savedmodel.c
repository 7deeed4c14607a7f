/* A SavedModel's folder: the graph of the wanted tags, its variables, a subgraph for each signature. */
#include <string.h>

#include "convert/import/tf_bundle.h"
#include "convert/passes/passes.h"

static bool has_tags(ln_job* job, const LnPb__MetaGraphDef* meta, const char* tags) {
  size_t wanted = 0;
  for (const char* tag; (tag = ln_tf_next_word(job, &tags)) != NULL; ++wanted) {
    bool found = false;
    for (size_t i = 0; meta->meta_info_def != NULL && i < meta->meta_info_def->n_tags; ++i)
      found = found || strcmp(meta->meta_info_def->tags[i], tag) == 0;
    if (!found) return false;
  }
  return meta->meta_info_def != NULL && meta->meta_info_def->n_tags == wanted;
}

static const char* list_tags(ln_job* job, const LnPb__SavedModel* model) {
  const char* text = "";
  for (size_t i = 0; i < model->n_meta_graphs; ++i) {
    const LnPb__MetaInfoDef* info = model->meta_graphs[i]->meta_info_def;
    text = ln_job_text(job, "%s%s\"", text, i != 0 ? ", " : "");
    for (size_t k = 0; info != NULL && k < info->n_tags; ++k)
      text = ln_job_text(job, "%s%s%s", text, k != 0 ? " " : "", info->tags[k]);
    text = ln_job_text(job, "%s\"", text);
  }
  return text;
}

static const LnPb__MetaGraphDef* choose(ln_job* job, const LnPb__SavedModel* model, const char* folder,
                                        const char* tags) {
  if (tags == NULL && model->n_meta_graphs == 1 && !has_tags(job, model->meta_graphs[0], "serve")) {
    ln_warn(job, NULL, "%s has no graph with the tag \"serve\"; its only one is taken", folder);
    return model->meta_graphs[0];
  }
  for (size_t i = 0; i < model->n_meta_graphs; ++i)
    if (has_tags(job, model->meta_graphs[i], tags != NULL ? tags : "serve")) return model->meta_graphs[i];
  ln_stop(job, "%s has no graph with the tags \"%s\"; --tags can name: %s", folder, tags != NULL ? tags : "serve",
          list_tags(job, model));
}

/* The tensor that a signature's input stands for, as an input of the subgraph. */
static void add_input(ln_tf_scope* scope, ln_signature* signature, const LnPb__TensorInfoEntry* entry) {
  ln_job* job = scope->importer->job;
  const LnPb__TensorInfo* info = entry->value;
  int node, output;
  int32_t* dims = NULL;
  if (info == NULL || info->name == NULL || !ln_tf_resolve(scope->body, info->name, &node, &output) || node < 0)
    ln_stop(job, "signature \"%s\": input \"%s\" is no node of the graph", signature->key, entry->key);
  ln_tf_node* n = &scope->nodes[node];
  const int type = ln_tf_stored_type(info->dtype), rank = ln_tf_shape(job, info->tensor_shape, entry->key, &dims);
  if (type < 0)
    ln_stop(job, "signature \"%s\": input \"%s\" is of a type that tensors cannot have", signature->key, entry->key);
  if (rank < 0)
    ln_warn(job, ln_job_place(job, n->def->op, n->def->name, ""),
            "the rank of this input is not known: it is a scalar unless it is resized");
  ln_tf_set_batch(scope->importer, rank, dims);
  ln_tensor* tensor = ln_graph_input(scope->subgraph, ln_job_text(job, "%s_%s", signature->key, entry->key), type,
                                     rank >= 0 ? rank : 0, dims);
  n->outs = ln_job_alloc(job, (size_t)output + 1, sizeof *n->outs);
  n->out_count = output + 1;
  n->outs[output] = (ln_tf_value){.kind = LN_TF_TENSOR, .tensor = ln_tf_computed(scope, tensor, n->def)};
  n->state = 2;
  ln_signature_input(signature, entry->key, tensor);
}

static void add_signature(ln_tf_importer* importer, const LnPb__SignatureEntry* entry) {
  ln_job* job = importer->job;
  const LnPb__SignatureDef* from = entry->value;
  ln_subgraph* subgraph =
      ln_graph_subgraph(importer->graph, importer->graph->subgraph_count == 0 ? "main" : entry->key);
  ln_signature* signature = ln_graph_signature(importer->graph, entry->key, subgraph);
  ln_tf_scope* scope = ln_tf_new_scope(importer, ln_tf_graph_body(importer), subgraph, "");
  for (size_t i = 0; i < from->n_inputs; ++i) add_input(scope, signature, from->inputs[i]);
  for (size_t i = 0; i < from->n_outputs; ++i) {
    const LnPb__TensorInfo* info = from->outputs[i]->value;
    if (info == NULL || info->name == NULL || info->name[0] == 0)
      ln_stop(job, "signature \"%s\": output \"%s\" names no tensor; sparse outputs cannot be converted", entry->key,
              from->outputs[i]->key);
    ln_tf_value value = ln_tf_get(scope, info->name);
    if (value.kind == LN_TF_COMPLEX)
      ln_stop(job, "signature \"%s\": output \"%s\" is complex; its real and imaginary part can be outputs", entry->key,
              from->outputs[i]->key);
    if (value.tensor == NULL)
      ln_stop(job, "signature \"%s\": output \"%s\" is no tensor", entry->key, from->outputs[i]->key);
    value.tensor = ln_tf_stored(scope, value.tensor, info->dtype, from->outputs[i]->key);
    ln_graph_output(subgraph, value.tensor);
    ln_signature_output(signature, from->outputs[i]->key, value.tensor);
  }
}

/* TensorFlow 2 writes one for itself that initializes; it computes nothing. */
static bool is_for_itself(const LnPb__SignatureEntry* entry) {
  return strncmp(entry->key, "__saved_model_", 14) == 0 || entry->value == NULL || entry->value->n_outputs == 0;
}

static bool is_wanted(const LinnetConvertOptions* options, const LnPb__SignatureEntry* entry) {
  return options->signatures != NULL ? ln_has_word(options->signatures, entry->key) : !is_for_itself(entry);
}

static int compare_keys(const LnPb__SignatureEntry* a, const LnPb__SignatureEntry* b) {
  /* The default one is the primary subgraph. */
  const int first = strcmp(a->key, "serving_default") == 0, second = strcmp(b->key, "serving_default") == 0;
  return first != second ? second - first : strcmp(a->key, b->key);
}

/* Maps come in any order: the keys' order makes the same bytes of the same model. */
static void sort_arguments(LnPb__TensorInfoEntry** list, size_t count) {
  for (size_t i = 1; i < count; ++i)
    for (size_t k = i; k > 0 && strcmp(list[k - 1]->key, list[k]->key) > 0; --k) {
      LnPb__TensorInfoEntry* swap = list[k];
      list[k] = list[k - 1];
      list[k - 1] = swap;
    }
}

static void sort_signatures(LnPb__SignatureEntry** list, size_t count) {
  for (size_t i = 1; i < count; ++i)
    for (size_t k = i; k > 0 && compare_keys(list[k - 1], list[k]) > 0; --k) {
      LnPb__SignatureEntry* swap = list[k];
      list[k] = list[k - 1];
      list[k - 1] = swap;
    }
}

static void mark_assigned(ln_tf_importer* importer, const LnPb__SignatureDef* signature) {
  for (size_t i = 0; signature != NULL && i < signature->n_outputs; ++i) {
    const LnPb__TensorInfo* info = signature->outputs[i]->value;
    if (info != NULL && info->name != NULL) ln_tf_mark_assigned(importer, info->name);
  }
}

static ln_tf_importer* import(ln_job* job, const char* folder, const LinnetConvertOptions* options, int32_t batch) {
  const char* path = ln_job_text(job, "%s/saved_model.pb", folder);
  const bool text = !ln_tf_exists(path);
  if (text) path = ln_job_text(job, "%stxt", path);
  const ln_tf_file file = ln_tf_open(job, path);
  const LnPb__SavedModel* model =
      text ? ln_tf_parse_text(job, &ln_pb__saved_model__descriptor, (const char*)file.data, file.size, path)
           : ln_tf_unpack(job, &ln_pb__saved_model__descriptor, file.data, file.size, path);
  const LnPb__MetaGraphDef* meta = choose(job, model, folder, options->tags);
  if (meta->graph_def == NULL) ln_stop(job, "%s: its graph is missing", path);
  ln_tf_clean(job, meta->graph_def);
  ln_tf_clean_signatures(meta);
  ln_tf_importer* importer = ln_tf_new_importer(job, meta->graph_def, options, batch);
  const char* prefix =
      options->checkpoint != NULL ? options->checkpoint : ln_job_text(job, "%s/variables/variables", folder);
  if (options->checkpoint != NULL || ln_tf_exists(ln_job_text(job, "%s.index", prefix))) {
    ln_tf_bundle* bundle = ln_tf_bundle_open(job, prefix);
    ln_tf_bundle_follow_restores(bundle, importer);
    importer->bundle = bundle;
  }
  importer->folder = folder;
  importer->meta = meta;
  for (size_t i = 0; i < meta->n_signature_def; ++i)
    if (is_wanted(options, meta->signature_def[i])) mark_assigned(importer, meta->signature_def[i]->value);
  sort_signatures(meta->signature_def, meta->n_signature_def);
  for (size_t i = 0; i < meta->n_signature_def; ++i) {
    LnPb__SignatureEntry* entry = meta->signature_def[i];
    if (!is_wanted(options, entry)) continue;
    sort_arguments(entry->value->inputs, entry->value->n_inputs);
    sort_arguments(entry->value->outputs, entry->value->n_outputs);
    add_signature(importer, entry);
  }
  if (importer->graph->signatures == NULL)
    ln_stop(job, "%s has no signature%s%s; a model is converted by its signatures", folder,
            options->signatures != NULL ? " called " : "", options->signatures != NULL ? options->signatures : "");
  ln_tf_call_init(importer);
  return importer;
}

ln_graph* ln_import_savedmodel(ln_job* job, const char* folder, const LinnetConvertOptions* options) {
  return ln_tf_import_by_states(job, folder, options, import);
}
