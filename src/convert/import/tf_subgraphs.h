/* IF and WHILE with the subgraphs they call, from whatever says what is in them: functions, or the Switch and Merge of
 * TensorFlow 1. */
#ifndef LN_CONVERT_IMPORT_TF_SUBGRAPHS_H_
#define LN_CONVERT_IMPORT_TF_SUBGRAPHS_H_

#include "convert/import/tf_import.h"

/* A subgraph being made: its arguments as values in it. Constants and variables are passed as they are; every tensor
 * has an input. */
typedef struct ln_tf_part {
  ln_tf_importer* importer;
  ln_subgraph* subgraph;
  ln_tf_value* args;
  int arg_count;
} ln_tf_part;

/* Makes the part's nodes and returns its results. */
typedef ln_tf_value* ln_tf_make(ln_tf_part* part, void* arg, int* count);

/* The node's outputs become those of IF. */
void ln_tf_make_if(ln_tf_call* call, ln_tensor* condition, const ln_tf_value* args, int arg_count, ln_tf_make* make,
                   void* then_arg, void* else_arg);
/* `condition` returns one bool, `body` as many values as there are arguments. The node's outputs are the arguments at
 * the end. */
void ln_tf_make_while(ln_tf_call* call, const ln_tf_value* first, int count, ln_tf_make* make, void* condition_arg,
                      void* body_arg);

void ln_tf_named_call(ln_tf_call* call); /* tf_control.c */

#endif
