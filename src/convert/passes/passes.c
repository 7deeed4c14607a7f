#include "convert/passes/passes.h"

#include <string.h>

#include "convert/trace.h"
#include "linnet/convert.h"

enum { MAX_ROUNDS = 20 };

const ln_pass ln_passes[] = {
    {"dead", "operators whose results nobody uses go", ln_pass_dead},
    {"fold", "what depends on constants alone is computed", ln_pass_fold},
    {"identity", "arithmetic that changes nothing goes", ln_pass_identity},
    {"strength", "powers, divisions and negations become cheaper operators", ln_pass_strength},
    {"resizes", "repeated rows and columns become RESIZE_NEAREST_NEIGHBOR", ln_pass_resizes},
    {"transposes", "transposes move behind what does not care for them, and cancel", ln_pass_transposes},
    {"reshapes", "a reshape of a reshape becomes one", ln_pass_reshapes},
    {"pieces", "what is cut apart and put together again stays whole", ln_pass_pieces},
    {"common", "operators that compute the same become one", ln_pass_common},
    {"clips", "MINIMUM and MAXIMUM become RELU, RELU6 and their like", ln_pass_clips},
    {"relus", "clips of what is clipped already go", ln_pass_relus},
    {"hard_swish", "x * relu6(x + 3) / 6 becomes HARD_SWISH", ln_pass_hard_swish},
    {"gelu", "x * (1 + erf(x / sqrt 2)) / 2, and its form with tanh, becomes GELU", ln_pass_gelu},
    {"l2_norm", "x / sqrt(sum x^2) becomes L2_NORMALIZATION", ln_pass_l2_norm},
    {"softmax", "exp(x - max x) / sum becomes SOFTMAX, with a scale in front as its beta", ln_pass_softmax},
    {"layer_norm", "layer normalization is brought to its fewest operators", ln_pass_layer_norm},
    {"attention", "transposes and scales go into matrix products, those by constants become dense layers",
     ln_pass_attention},
    {"dilations", "a convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND dilates itself", ln_pass_dilations},
    {"depthwise", "a convolution of as many groups as channels becomes DEPTHWISE_CONV_2D", ln_pass_depthwise},
    {"dense", "reshapes around a dense layer go: it keeps dimensions itself", ln_pass_dense},
    {"pads", "pads go into convolutions that can pad themselves; pads of pads become one", ln_pass_pads},
    {"movers", "constants and activations move in front of a reshape, to the layer before it", ln_pass_movers},
    {"scales", "batch normalization, scales and biases go into the weights before them", ln_pass_scales},
    {"following", "scales and shifts go into the weights of all layers behind them", ln_pass_following},
    {"chains", "scales and shifts one behind the other become one scale and one shift", ln_pass_chains},
    {"activations", "RELU and its like go into the operator before them", ln_pass_activations},
    {NULL, NULL, NULL},
};

bool ln_has_word(const char* list, const char* word) {
  const size_t length = strlen(word);
  if (list == NULL) return false;
  for (const char* at = list; *at != 0;) {
    const size_t span = strcspn(at, " ,");
    if (span == length && strncmp(at, word, length) == 0) return true;
    at += span;
    at += strspn(at, " ,");
  }
  return false;
}

/* `sweep`: what the pass leaves unused goes with it. */
static int run_pass(const ln_pass* pass, ln_graph* graph, bool sweep) {
  int changes = 0;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) {
    const int before = s->node_count, made = pass->run(s);
    if (made == 0) continue;
    if (sweep) ln_pass_dead(s);
    ln_trace_pass(s, pass->name);
    ln_log(graph->job, "%s: %d in subgraph \"%s\", %d operators before, %d after", pass->name, made, s->name, before,
           s->node_count);
    changes += made;
  }
  return changes;
}

void ln_run_passes(ln_graph* graph, const char* skip) {
  if (ln_has_word(skip, "all")) return;
  for (int round = 0; round < MAX_ROUNDS; ++round) {
    int changes = 0;
    for (const ln_pass* pass = ln_passes; pass->name != NULL; ++pass) {
      ln_job_progress(graph->job, ln_job_text(graph->job, "optimizing, round %d: %s", round + 1, pass->name),
                      (size_t)(pass - ln_passes), sizeof ln_passes / sizeof ln_passes[0] - 1);
      if (!ln_has_word(skip, pass->name)) changes += run_pass(pass, graph, !ln_has_word(skip, "dead"));
    }
    if (changes == 0) return;
  }
}

bool LinnetGetPass(int index, const char** name, const char** description) {
  const int count = (int)(sizeof ln_passes / sizeof ln_passes[0]) - 1;
  if (index < 0 || index >= count) return false;
  *name = ln_passes[index].name;
  *description = ln_passes[index].description;
  return true;
}
