/* Graphs made by hand for the runtime's tests: an ln_model filled in place, and custom operators simple enough that
 * every result can be told in advance. Float tensors of rank 1 unless said otherwise. */
#ifndef LN_TESTS_RUNTIME_GRAPH_H_
#define LN_TESTS_RUNTIME_GRAPH_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "runtime/runtime.h"

enum { MAX_SUBGRAPHS = 3, MAX_TENSORS = 160, MAX_NODES = 64, MAX_INDICES = 1024 };

enum { SCHEMA_FLOAT32 = 0, SCHEMA_STRING = 5, SCHEMA_INT8 = 9 };

typedef struct graph {
  ln_model* model;
  ln_model_subgraph subgraphs[MAX_SUBGRAPHS];
  ln_model_tensor tensors[MAX_SUBGRAPHS][MAX_TENSORS];
  ln_model_operator nodes[MAX_SUBGRAPHS][MAX_NODES];
  ln_model_opcode codes[MAX_SUBGRAPHS * MAX_NODES];
  int32_t indices[MAX_INDICES];
  int32_t index_count;
} graph;

void graph_begin(graph* g, int32_t subgraph_count);
void graph_end(graph* g); /* releases the model */
int32_t graph_tensor(graph* g, int32_t subgraph, uint8_t type, int32_t extent);
int32_t graph_constant(graph* g, int32_t subgraph, const float* data, int32_t extent);
int32_t graph_variable(graph* g, int32_t subgraph, uint8_t type, int32_t extent);
/* `inputs` and `outputs` end with -2. */
void graph_node(graph* g, int32_t subgraph, const char* op, const int32_t* inputs, const int32_t* outputs);
void graph_ends(graph* g, int32_t subgraph, const int32_t* inputs, const int32_t* outputs);

#define LIST(...) ((const int32_t[]){__VA_ARGS__, -2})
#define NONE ((const int32_t[]){-2})

/* The operators, by name:
 *   add1         out = in + 1, of in's shape           add1_shared  the same, may work in place
 *   same         out = in, may lie beside it
 *   sum          out = a + b, of a's shape             mix          out = hash of all inputs and temporaries' patterns
 *   mix_shared   as mix, may take input 0's memory     grow         out (dynamic) has in[0] elements, 0, 1, 2, …
 *   mix_like     as mix_shared, of in's shape          spread       as mix; out (dynamic) has as many elements as
 * follow state        out = in[1] += in[0]                  once         out = in * k; k is computed in the first
 * invoke only fail_prepare, fail_invoke, silent                  report and fail; fail without a word widen resizes its
 * own input                 cancel       cancels the interpreter `cancel_target` slow         takes 3 ms call runs
 * subgraph 1 on its input; `self` subgraph 0 parallel     out[i] = i by 64 tiles                backend      packs,
 * resources, names; checks what it gets copy_later   resizes its output in invoke          text         writes a string
 */
extern const ln_op_resolver kTestResolver;
extern ln_interpreter* cancel_target;
extern int live_kernels; /* of `mix`: init minus free */
extern int backend_faults;

/* Messages of an interpreter, joined by '|'. */
typedef struct log_text {
  char text[4096];
} log_text;
void log_report(void* user_data, const char* format, va_list args);
ln_interpreter_config config_for(log_text* log);

float* floats(ln_interpreter* interpreter, int32_t tensor);

/* An allocator that counts, and fails the k-th allocation (0: none). */
typedef struct counting {
  long live, calls, fail_at;
} counting;
extern counting counts;
void count_allocations(bool on);

#endif
