#include "convert/versions.h"

int32_t ln_operator_version(const ln_node* node) { return node->version; }
