/* Complex numbers as their real and imaginary parts: TFLite has them as results of RFFT2D alone. What is linear is made
 * twice, once of each part; products, sizes and Fourier transforms have forms of their own. */
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/spectra.h"

static ln_form form_of(const ln_tf_call* call) { return (ln_form){call->b, call->name}; }

/* Every second number. */
static ln_tensor* constant_part(ln_tf_call* call, const ln_tensor* x, int part, const char* what) {
  int32_t dims[LN_MAX_DIMS];
  const size_t count = x->data_bytes / 8;
  float* data = ln_job_alloc(call->job, count, sizeof *data);
  for (size_t i = 0; i < count; ++i) memcpy(&data[i], (const char*)x->data + 8 * i + 4 * (size_t)part, sizeof *data);
  for (int i = 0; i < x->rank; ++i) dims[i] = ln_dim(x, i);
  return ln_graph_constant(call->b.subgraph, ln_tf_name(call, what), LN_TYPE_FLOAT32, x->rank, dims, data);
}

static bool is_complex_tensor(const ln_tf_value* value) {
  return value->kind == LN_TF_TENSOR && value->tensor != NULL && value->tensor->type == LN_TYPE_COMPLEX64;
}

/* Of a value that is complex in whatever form, or real. */
static ln_complex parts_of(ln_tf_call* call, int index) {
  static const ln_tf_value kNone = {.kind = LN_TF_NOTHING};
  const ln_tf_value* value = index < call->in_count ? &call->in[index] : &kNone;
  if (value->kind == LN_TF_COMPLEX) return (ln_complex){value->re, value->im};
  ln_tensor* x = ln_tf_in(call, index);
  if (x->broken || x->type != LN_TYPE_COMPLEX64) return (ln_complex){x, NULL};
  if (ln_tensor_is_constant(x))
    return (ln_complex){constant_part(call, x, 0, "real"), constant_part(call, x, 1, "imag")};
  return (ln_complex){ln_tf_unary(call, LN_OP_REAL, x, "real"), ln_tf_unary(call, LN_OP_IMAG, x, "imag")};
}

static ln_tensor* imaginary(ln_tf_call* call, const ln_complex* x) {
  return x->im != NULL ? x->im : ln_tf_unary(call, LN_OP_ZEROS_LIKE, x->re, "none");
}

static void return_complex(ln_tf_call* call, int output, ln_complex x) {
  ln_tf_return_value(call, output, (ln_tf_value){.kind = LN_TF_COMPLEX, .re = x.re, .im = imaginary(call, &x)});
}

/* ---- Arithmetic ---- */

static void make_complex(ln_tf_call* call) {
  return_complex(call, 0, (ln_complex){ln_tf_in(call, 0), ln_tf_in(call, 1)});
}

static void real_part(ln_tf_call* call) { ln_tf_return(call, 0, parts_of(call, 0).re); }

static void imaginary_part(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  ln_tf_return(call, 0, imaginary(call, &x));
}

static ln_tensor* size_squared(ln_tf_call* call, const ln_complex* x) {
  return ln_tf_binary(call, LN_OP_ADD, ln_tf_unary(call, LN_OP_SQUARE, x->re, "re_square"),
                      ln_tf_unary(call, LN_OP_SQUARE, imaginary(call, x), "im_square"), "square");
}

static void size(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  ln_tf_return(call, 0, ln_tf_unary(call, LN_OP_SQRT, size_squared(call, &x), NULL));
}

static void angle(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ATAN2, imaginary(call, &x), x.re, NULL));
}

static void conjugate(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  return_complex(call, 0, (ln_complex){x.re, ln_tf_unary(call, LN_OP_NEG, imaginary(call, &x), "minus")});
}

static bool has_none(const ln_complex* x) {
  return x->im == NULL || (x->im->producer != NULL && x->im->producer->code == LN_OP_ZEROS_LIKE);
}

/* (a + bi)(c + di) = ac - bd + (ad + bc)i */
static ln_complex product(ln_tf_call* call, ln_complex x, ln_complex y) {
  if (has_none(&x)) {
    const ln_complex other = x;
    x = y;
    y = other;
  }
  if (has_none(&y))
    return (ln_complex){ln_tf_binary(call, LN_OP_MUL, x.re, y.re, "re"),
                        ln_tf_binary(call, LN_OP_MUL, imaginary(call, &x), y.re, "im")};
  ln_tensor* re = ln_tf_binary(call, LN_OP_SUB, ln_tf_binary(call, LN_OP_MUL, x.re, y.re, "ac"),
                               ln_tf_binary(call, LN_OP_MUL, x.im, y.im, "bd"), "re");
  ln_tensor* im = ln_tf_binary(call, LN_OP_ADD, ln_tf_binary(call, LN_OP_MUL, x.re, y.im, "ad"),
                               ln_tf_binary(call, LN_OP_MUL, x.im, y.re, "bc"), "im");
  return (ln_complex){re, im};
}

static void multiply(ln_tf_call* call) {
  return_complex(call, 0, product(call, parts_of(call, 0), parts_of(call, call->in_count > 1 ? 1 : 0)));
}

/* x / y = x * conjugate y / |y|^2 */
static void divide(ln_tf_call* call) {
  ln_complex x = parts_of(call, 0), y = parts_of(call, 1);
  ln_tensor* by = has_none(&y) ? y.re : size_squared(call, &y);
  if (!has_none(&y)) {
    y.im = ln_tf_unary(call, LN_OP_NEG, y.im, "minus");
    x = product(call, x, y);
  }
  return_complex(call, 0,
                 (ln_complex){ln_tf_binary(call, LN_OP_DIV, x.re, by, "re"),
                              ln_tf_binary(call, LN_OP_DIV, imaginary(call, &x), by, "im")});
}

/* e^(a + bi) = e^a (cos b + i sin b) */
static void exponential(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  ln_tensor *size_of = ln_tf_unary(call, LN_OP_EXP, x.re, "size"), *turn = imaginary(call, &x);
  return_complex(call, 0,
                 (ln_complex){ln_tf_binary(call, LN_OP_MUL, size_of, ln_tf_unary(call, LN_OP_COS, turn, "cos"), "re"),
                              ln_tf_binary(call, LN_OP_MUL, size_of, ln_tf_unary(call, LN_OP_SIN, turn, "sin"), "im")});
}

static bool casts_to_complex(const ln_tf_call* call) {
  return strcmp(call->def->op, "Cast") == 0 && ln_tf_dtype(call->def, "DstT", 0) == LN_DT_COMPLEX64;
}

static void cast(ln_tf_call* call) {
  const ln_complex x = parts_of(call, 0);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "DstT", 0));
  if (casts_to_complex(call))
    return_complex(call, 0, (ln_complex){ln_build_cast(&call->b, x.re, LN_TYPE_FLOAT32, ln_tf_name(call, "re")), x.im});
  else if (type < 0 || type == LN_TYPE_COMPLEX128)
    ln_tf_fail(call, "it casts to a type that tensors cannot have");
  else
    ln_tf_return(call, 0, ln_build_cast(&call->b, x.re, type, call->name));
}

/* ---- Fourier transforms ---- */

/* One of the axes; false: noted. */
static bool transform(ln_tf_call* call, ln_complex* x, const ln_dft* dft, const char* what) {
  const ln_form form = form_of(call);
  if (x->re->broken) {
    ln_tf_fail(call, "its input cannot be converted");
    return false;
  }
  const char* problem = ln_dft_problem(x, dft);
  if (problem != NULL) ln_tf_fail(call, "%s", problem);
  if (problem == NULL) *x = ln_build_dft(&form, *x, dft, what);
  return problem == NULL;
}

static int axes_of(const ln_tf_call* call) {
  const size_t length = strlen(call->def->op);
  return call->def->op[length - 1] == 'D' ? call->def->op[length - 2] - '0' : 1;
}

static int32_t extent(const ln_complex* x, int from_end) {
  return x->re->rank >= from_end ? ln_dim(x->re, x->re->rank - from_end) : -1;
}

/* FFT, FFT2D, FFT3D and their inverses: over the last dimensions. */
static void fft(ln_tf_call* call) {
  ln_complex x = parts_of(call, 0);
  for (int axis = 1; axis <= axes_of(call); ++axis) {
    const ln_dft dft = {LN_DFT_WHOLE, axis, extent(&x, axis), call->def->op[0] == 'I'};
    if (!transform(call, &x, &dft, "real")) return;
  }
  return_complex(call, 0, x);
}

/* By RFFT2D, of one row where it is RFFT; -1 in `extent`: not known, which RFFT2D looks at when it runs. */
static bool has_builtin(const ln_complex* x, int axes, const int32_t* lengths) {
  bool known = axes <= 2 && x->re->rank >= axes;
  for (int i = 0; i < axes && known; ++i) {
    const int32_t have = extent(x, axes - i);
    known = ln_is_power_of_two(lengths[i]) && (have < 0 || have >= lengths[i]);
  }
  return known;
}

static void by_builtin(ln_tf_call* call, ln_tensor* x, int axes, const int32_t* lengths) {
  static const int32_t kRow = -2;
  const ln_form form = form_of(call);
  const int32_t both[] = {axes == 1 ? 1 : lengths[0], lengths[axes - 1]};
  if (axes == 1) x = ln_form_expand(&form, x, kRow, "rows");
  x = ln_tf_binary(call, LN_OP_RFFT2D, x, ln_graph_ints(call->b.subgraph, ln_tf_name(call, "length"), 2, both),
                   axes == 1 ? "rfft2d" : NULL);
  if (axes == 1) {
    ln_node* node = ln_build_node(&call->b, LN_OP_SQUEEZE, 1, &x);
    ln_node_set_vector(node, LN_SLOT(SqueezeOptions, squeeze_dims), 1, &kRow);
    x = ln_build_done(node, call->name, 1);
  }
  ln_tf_return(call, 0, x);
}

static void rfft(ln_tf_call* call) {
  int32_t lengths[3];
  const int axes = axes_of(call);
  if (ln_tf_const_ints(call, 1, 3, lengths) != axes) {
    ln_tf_fail(call, "its length must be constant");
    return;
  }
  ln_complex x = {ln_tf_in(call, 0), NULL};
  if (has_builtin(&x, axes, lengths)) {
    by_builtin(call, x.re, axes, lengths);
    return;
  }
  for (int axis = 1; axis <= axes; ++axis) {
    const ln_dft dft = {axis == 1 ? LN_DFT_TO_HALF : LN_DFT_WHOLE, axis, lengths[axes - axis], false};
    if (!transform(call, &x, &dft, "real")) return;
  }
  return_complex(call, 0, x);
}

static void irfft(ln_tf_call* call) {
  int32_t lengths[3];
  const int axes = axes_of(call);
  if (ln_tf_const_ints(call, 1, 3, lengths) != axes) {
    ln_tf_fail(call, "its length must be constant");
    return;
  }
  ln_complex x = parts_of(call, 0);
  for (int axis = axes; axis >= 1; --axis) {
    const ln_dft dft = {axis == 1 ? LN_DFT_FROM_HALF : LN_DFT_WHOLE, axis, lengths[axes - axis], true};
    if (!transform(call, &x, &dft, axis == 1 ? NULL : "real")) return;
  }
  ln_tf_return(call, 0, x.re);
}

const ln_tf_lowering ln_tf_complex[] = {
    {"Complex", make_complex, 0},
    {"FFT", fft, 0},
    {"FFT2D", fft, 0},
    {"FFT3D", fft, 0},
    {"IFFT", fft, 0},
    {"IFFT2D", fft, 0},
    {"IFFT3D", fft, 0},
    {"RFFT", rfft, 0},
    {"RFFT2D", rfft, 0},
    {"RFFT3D", rfft, 0},
    {"IRFFT", irfft, 0},
    {"IRFFT2D", irfft, 0},
    {"IRFFT3D", irfft, 0},
    {NULL, NULL, 0},
};

/* ---- Other operators, where an input is complex ---- */

/* What TFLite has an operator for that takes the COMPLEX64 that RFFT2D makes. */
static const char kTensors[] = " Real Imag ComplexAbs Angle Reshape Squeeze ExpandDims Shape Size Rank Cast ";
/* What passes values on as they are. */
static const char kPassing[] =
    " Identity IdentityN Snapshot StopGradient PreventGradient EnsureShape GuaranteeConst NoOp PartitionedCall "
    "StatefulPartitionedCall Complex FFT FFT2D FFT3D IFFT IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D ";
/* What is the same of each part. */
static const char kTwice[] =
    " Reshape Transpose Concat ConcatV2 Pack Unpack Split SplitV Slice StridedSlice ExpandDims Squeeze Tile Gather "
    "GatherV2 GatherNd Reverse ReverseV2 Pad PadV2 MirrorPad Roll BroadcastTo Neg Add AddV2 Sub AddN Sum Mean Cumsum "
    "Select SelectV2 ZerosLike ScatterNd TensorScatterAdd TensorScatterUpdate ";
/* What depends on the shape alone. */
static const char kShapes[] = " Shape Size Rank ";

static const ln_tf_lowering kOfComplex[] = {
    {"Real", real_part, 0}, {"Imag", imaginary_part, 0}, {"ComplexAbs", size, 0}, {"Angle", angle, 0},
    {"Conj", conjugate, 0}, {"Mul", multiply, 0},        {"Square", multiply, 0}, {"RealDiv", divide, 0},
    {"Div", divide, 0},     {"Exp", exponential, 0},     {"Cast", cast, 0},       {NULL, NULL, 0},
};

static bool is_among(const ln_tf_call* call, const char* words) {
  const char* found = strstr(words, call->def->op);
  const size_t length = strlen(call->def->op);
  for (; found != NULL; found = strstr(found + 1, call->def->op))
    if (found > words && found[-1] == ' ' && found[length] == ' ') return true;
  return false;
}

/* With part 0 or 1 of what is complex. */
static void with_part(ln_tf_call* call, const ln_tf_lowering* lowering, const ln_complex* parts, int part) {
  ln_tf_call one = *call;
  one.name = ln_tf_name(call, part == 0 ? "real" : "imag");
  one.in = ln_job_copy(call->job, call->in, (size_t)call->in_count * sizeof *call->in);
  for (int i = 0; i < call->in_count; ++i)
    if (parts[i].re != NULL)
      one.in[i] = (ln_tf_value){.kind = LN_TF_TENSOR, .tensor = part == 0 ? parts[i].re : parts[i].im};
  call->node->out_count = 0;
  lowering->lower(&one);
}

static void lower_twice(ln_tf_call* call, const ln_tf_lowering* lowering) {
  ln_complex* parts = ln_job_alloc(call->job, (size_t)call->in_count, sizeof *parts);
  for (int i = 0; i < call->in_count; ++i)
    if (call->in[i].kind == LN_TF_COMPLEX || is_complex_tensor(&call->in[i])) parts[i] = parts_of(call, i);
  with_part(call, lowering, parts, 0);
  const int count = call->node->out_count;
  ln_tf_value* real = call->node->outs;
  with_part(call, lowering, parts, 1);
  for (int i = 0; i < count && i < call->node->out_count; ++i)
    ln_tf_return_value(call, i,
                       (ln_tf_value){.kind = LN_TF_COMPLEX, .re = real[i].tensor, .im = call->node->outs[i].tensor});
}

bool ln_tf_lower_complex(ln_tf_call* call, const ln_tf_lowering* lowering) {
  bool pair = false, tensor = false;
  for (int i = 0; i < call->in_count; ++i) {
    pair = pair || call->in[i].kind == LN_TF_COMPLEX;
    tensor = tensor || is_complex_tensor(&call->in[i]);
  }
  if (casts_to_complex(call)) {
    cast(call);
    return true;
  }
  if (!pair && (!tensor || is_among(call, kTensors))) return false;
  for (const ln_tf_lowering* l = kOfComplex; l->op != NULL; ++l)
    if (strcmp(l->op, call->def->op) == 0) {
      l->lower(call);
      return true;
    }
  if (is_among(call, kTwice)) {
    lower_twice(call, lowering);
    return true;
  }
  if (is_among(call, kShapes)) {
    ln_complex* parts = ln_job_alloc(call->job, (size_t)call->in_count, sizeof *parts);
    parts[0] = parts_of(call, 0);
    with_part(call, lowering, parts, 0);
    return true;
  }
  if (!pair || is_among(call, kPassing) || lowering->op == NULL) return false;
  ln_tf_fail(call,
             "it takes complex numbers, which TFLite does not have; sums, products, quotients, moves and Fourier "
             "transforms of them can be converted, else their real and imaginary parts");
  return true;
}
