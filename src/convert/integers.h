/* Integers in operators that TFLite has for other types only: computed in a wider type and cast back, which wraps
 * around as TensorFlow does, or by other operators. What is quantized is left alone. */
#ifndef LN_CONVERT_INTEGERS_H_
#define LN_CONVERT_INTEGERS_H_

#include "convert/build.h"

/* For a node of one output, made with its inputs and options and not finished yet: the output, called `name`, of what
 * is put in its place or around it. NULL: the node is right as it is. */
ln_tensor* ln_build_integers(ln_node* node, const char* name);

#endif
