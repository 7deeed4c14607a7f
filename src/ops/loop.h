/* WHILE loops whose state keeps its shapes, as recurrent layers are: the body's tensors hold the state from turn to
 * turn, and what need not be done again in every turn is not. Found out when the loop is prepared; what does not suit
 * runs turn by turn as the graph says (control_flow.c). The results are the same, bit for bit.
 *
 * - What the body hands on unchanged is copied once, and to the condition only what it reads.
 * - A list of which each turn sets one element, by cutting it in two and joining it again, is written in place.
 * - Products of a FULLY_CONNECTED node with element t of an unchanging list are made for many t at once.
 * - Nodes on few elements, and comparisons of counters with constants, are run without the interpreter. */
#ifndef LN_OPS_LOOP_H_
#define LN_OPS_LOOP_H_

#include "ops/light.h"

typedef struct ln_loop_state {
  int32_t from, to; /* the body's output and input */
  bool carried;     /* copied after each turn */
  bool asked;       /* the condition reads it */
} ln_loop_state;

/* element[index] of a list (a body's input, [count, ..]), whose bytes lie one after the other. */
typedef struct ln_loop_list {
  int32_t list, index;
  int32_t value;        /* the tensor that is put there */
  size_t element_bytes; /* at most the list's */
} ln_loop_list;

/* value = the product of the node at `position` with an element. */
typedef struct ln_loop_product {
  ln_loop_list in; /* `value` is the node's output */
  int32_t position;
  size_t out_bytes, memory_bytes;
  size_t block, memory;   /* offsets in the loop's scratch memory */
  size_t first, computed; /* elements whose products are in the block */
} ln_loop_product;

typedef enum ln_loop_kind { LN_LOOP_NODES, LN_LOOP_LIGHT, LN_LOOP_PUT, LN_LOOP_PRODUCT } ln_loop_kind;

/* While state < limit. */
typedef struct ln_loop_limit {
  int32_t state; /* the body's input */
  int32_t limit;
} ln_loop_limit;

enum { LN_LOOP_MOST_LIMITS = 2 };

/* Positions first to end of the body's plan, numbers first to end of the light nodes, or number `first` of the lists or
 * products. */
typedef struct ln_loop_step {
  ln_loop_kind kind;
  int32_t first, end;
} ln_loop_step;

typedef struct ln_loop {
  bool fits;
  int32_t condition, body;
  uint32_t generation; /* of the body */
  int32_t state_count, list_count, product_count, light_count, light_room, step_count;
  int32_t limit_count; /* 0: the condition is run */
  ln_loop_limit limits[LN_LOOP_MOST_LIMITS];
  ln_loop_state* states;
  ln_loop_list* lists;
  ln_loop_product* products;
  ln_light* lights;
  ln_loop_step* steps;
  size_t scratch_bytes;
} ln_loop;

void ln_loop_free(ln_loop* loop);

/* Looks at the two subgraphs, which have been allocated with the shapes of the node's inputs, and sets `fits`. */
TfLiteStatus ln_loop_prepare(TfLiteContext* context, int32_t condition, int32_t body, ln_loop* loop);

/* Whether what was found out holds still; finds where the tensors lie. */
bool ln_loop_holds(TfLiteContext* context, const TfLiteNode* node, ln_loop* loop);

/* Runs it, from the node's inputs to its outputs, which have their shapes. `scratch` at a multiple of 64. */
TfLiteStatus ln_loop_run(TfLiteContext* context, const TfLiteNode* node, ln_loop* loop, void* scratch);

#endif
