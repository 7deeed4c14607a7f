#include "ops/move_util.h"

void ln_zero_element(const TfLiteTensor* t, char element[LN_ELEMENT_MAX]) {
  memset(element, 0, LN_ELEMENT_MAX);
  if (t->type == kTfLiteInt8 || t->type == kTfLiteUInt8) {
    const uint8_t zero = (uint8_t)t->params.zero_point;
    memcpy(element, &zero, sizeof zero);
  } else if (t->type == kTfLiteInt16) {
    const int16_t zero = (int16_t)t->params.zero_point;
    memcpy(element, &zero, sizeof zero);
  }
}

void ln_fill_elements(const void* element, size_t bytes, char* to, size_t count) {
  enum { kStretch = 16 * 1024 }; /* stays in the first cache */
  const size_t total = count * bytes;
  if (total == 0) return;
  const char* e = element;
  size_t same = 1;
  while (same < bytes && e[same] == e[0]) ++same;
  if (same == bytes) {
    memset(to, e[0], total);
    return;
  }
  const size_t stretch = bytes < kStretch ? kStretch / bytes * bytes : bytes;
  memcpy(to, element, bytes);
  for (size_t done = bytes; done < total;) {
    const size_t ready = done < stretch ? done : stretch;
    const size_t n = total - done < ready ? total - done : ready;
    memcpy(to + done, to, n);
    done += n;
  }
}

typedef struct copy_job {
  const ln_copy_shape* shape;
  const char* from;
  char* to;
  size_t bytes;
  int axis; /* that is shared out */
} copy_job;

static void copy_part(void* arg, size_t begin, size_t end) {
  const copy_job* j = arg;
  ln_copy_shape part = *j->shape;
  part.extents[j->axis] = end - begin;
  ln_strided_copy(&part, j->from + (ptrdiff_t)begin * part.src_strides[j->axis],
                  j->to + (ptrdiff_t)begin * part.dst_strides[j->axis], j->bytes);
}

void ln_parallel_copy(TfLiteContext* context, const ln_copy_shape* shape, const void* from, void* to,
                      size_t element_bytes) {
  enum { kEnough = 16, kBytesOfVisit = 4 };
  copy_job job = {shape, from, to, element_bytes, 0};
  size_t count = 1;
  for (int i = 0; i < shape->rank; ++i) {
    count *= shape->extents[i];
    if (shape->extents[job.axis] < kEnough && shape->extents[i] > shape->extents[job.axis]) job.axis = i;
  }
  if (shape->rank == 0 || count <= 1) {
    ln_strided_copy(shape, from, to, element_bytes);
    return;
  }
  const size_t visits = element_bytes < kBytesOfVisit ? count : count * (element_bytes / kBytesOfVisit);
  ln_parallel_ranges(context, copy_part, &job, shape->extents[job.axis], shape->extents[job.axis], visits);
}

void ln_parallel_copy_rows(TfLiteContext* context, size_t outer, size_t row, const void* from, size_t from_stride,
                           void* to, size_t to_stride) {
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, outer, (ptrdiff_t)from_stride, (ptrdiff_t)to_stride);
  if (outer == 1) ln_copy_add(&shape, row, 1, 1);
  ln_parallel_copy(context, &shape, from, to, outer == 1 ? 1 : row);
}

/* Bits of an element of less than a byte; 0: a type of whole bytes or of no size. */
static unsigned sub_byte_bits(TfLiteType type) {
  return type == kTfLiteInt4 || type == kTfLiteUInt4 ? 4 : type == kTfLiteInt2 ? 2 : 0;
}

TfLiteStatus ln_move_bytes(TfLiteContext* context, const TfLiteTensor* t, size_t* bytes) {
  *bytes = t->type == kTfLiteString ? sizeof(uint32_t) : sub_byte_bits(t->type) != 0 ? 1 : ln_type_size(t->type);
  LN_CHECK(context, *bytes != 0, "input is %s; its elements cannot be moved", TfLiteTypeGetName(t->type));
  return kTfLiteOk;
}

/* The first element lies in the lowest bits. */
static void unpack(const uint8_t* from, unsigned bits, size_t count, char* to) {
  const unsigned per_byte = 8 / bits, mask = (1u << bits) - 1;
  for (size_t i = 0; i < count; ++i) to[i] = (char)(from[i / per_byte] >> (i % per_byte * bits) & mask);
}

static void pack(const char* from, unsigned bits, size_t count, uint8_t* to) {
  const unsigned per_byte = 8 / bits;
  for (size_t i = 0; i < count; ++i) {
    const unsigned value = (unsigned)from[i] << (i % per_byte * bits);
    to[i / per_byte] = (uint8_t)(i % per_byte == 0 ? value : to[i / per_byte] | value);
  }
}

TfLiteStatus ln_move_begin(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output, ln_move* move) {
  *move = (ln_move){.from = input->data.raw, .to = output->data.raw};
  LN_TRY(ln_move_bytes(context, input, &move->bytes));
  const unsigned bits = sub_byte_bits(input->type);
  const bool strings = input->type == kTfLiteString;
  if (bits == 0 && !strings) return kTfLiteOk;
  if (strings) LN_TRY(ln_read_strings(context, input, &move->strings));
  const size_t in_count = (size_t)ln_num_elements(input), out_count = (size_t)ln_num_elements(output);
  LN_CHECK(context, out_count <= INT32_MAX / sizeof(int32_t) && in_count <= UINT32_MAX,
           "%zu elements of type %s are too many", out_count, TfLiteTypeGetName(input->type));
  size_t bytes;
  const bool fits = ln_mul_size(in_count + out_count, move->bytes, &bytes);
  move->block = fits ? ln_malloc(bytes) : NULL;
  LN_CHECK(context, move->block != NULL, "no memory for %zu elements", in_count + out_count);
  move->from = move->block;
  move->to = move->block + in_count * move->bytes;
  if (!strings) {
    unpack(input->data.uint8, bits, in_count, move->block);
    return kTfLiteOk;
  }
  for (uint32_t i = 0; i < in_count; ++i) memcpy(move->block + i * sizeof i, &i, sizeof i);
  return kTfLiteOk;
}

static ln_string moved_string(const void* arg, size_t i) {
  const ln_move* move = arg;
  uint32_t number;
  memcpy(&number, move->to + i * sizeof number, sizeof number);
  return ln_string_at(&move->strings, number);
}

TfLiteStatus ln_move_end(TfLiteContext* context, TfLiteTensor* output, ln_move* move, TfLiteStatus status) {
  if (move->block == NULL) return status;
  const size_t count = (size_t)ln_num_elements(output);
  const unsigned bits = sub_byte_bits(output->type);
  if (status == kTfLiteOk && output->type == kTfLiteString)
    status = ln_write_strings(context, output, count, moved_string, move);
  else if (status == kTfLiteOk && bits > 0)
    pack(move->to, bits, count, output->data.uint8);
  ln_free(move->block);
  move->block = NULL;
  return status;
}
