/* Colors as hue, saturation and value, and back: see colors.h. */
#include "convert/colors.h"

void ln_rgb_to_hsv(const ln_form* f, ln_tensor* const rgb[3], ln_tensor* hsv[3]) {
  ln_tensor *most = rgb[0], *least = rgb[0], *zero = ln_form_scalar(f, LN_TYPE_FLOAT32, 0, "zero");
  for (int i = 1; i < 3; ++i) {
    most = ln_form_binary(f, LN_OP_MAXIMUM, most, rgb[i], "most");
    least = ln_form_binary(f, LN_OP_MINIMUM, least, rgb[i], "least");
  }
  ln_tensor* range = ln_form_binary(f, LN_OP_SUB, most, least, "range");
  ln_tensor *colored = ln_form_number(f, LN_OP_GREATER, range, 0, "colored"), *hue = NULL;
  /* Thirds of the circle, by which color is the largest: the last test is the first to be made. */
  for (int i = 2; i >= 0; --i) {
    ln_tensor* turn = ln_form_binary(f, LN_OP_SUB, rgb[(i + 1) % 3], rgb[(i + 2) % 3], "turn");
    turn = ln_form_binary(f, LN_OP_DIV, turn, ln_form_number(f, LN_OP_MUL, range, 6, "six"), "turn");
    if (i > 0) turn = ln_form_number(f, LN_OP_ADD, turn, i / 3.0, "hue");
    hue = hue == NULL ? turn
                      : ln_form_choose(f, ln_form_binary(f, LN_OP_EQUAL, rgb[i], most, "is_most"), turn, hue, "hue");
  }
  hue = ln_form_choose(f, colored, hue, zero, "hue");
  ln_tensor* negative = ln_form_number(f, LN_OP_LESS, hue, 0, "negative");
  hsv[0] = ln_form_choose(f, negative, ln_form_number(f, LN_OP_ADD, hue, 1, "around"), hue, "hue");
  hsv[1] = ln_form_choose(f, ln_form_number(f, LN_OP_GREATER, most, 0, "bright"),
                          ln_form_binary(f, LN_OP_DIV, range, most, "div"), zero, "saturation");
  hsv[2] = most;
}

/* (1 - s + s * d) * v with d = |6 h - 3| - 1, 2 - |6 h - 2|, 2 - |6 h - 4|, each kept in 0..1. */
void ln_hsv_to_rgb(const ln_form* f, ln_tensor* const hsv[3], ln_tensor* rgb[3]) {
  static const double kCenter[] = {3, 2, 4};
  ln_tensor *h = ln_form_number(f, LN_OP_MUL, hsv[0], 6, "sixths"), *one = ln_form_scalar(f, LN_TYPE_FLOAT32, 1, "one");
  ln_tensor* gray = ln_form_binary(f, LN_OP_SUB, one, hsv[1], "gray");
  for (int i = 0; i < 3; ++i) {
    ln_tensor* d = ln_form_unary(f, LN_OP_ABS, ln_form_number(f, LN_OP_SUB, h, kCenter[i], "distance"), "abs");
    d = i == 0 ? ln_form_number(f, LN_OP_SUB, d, 1, "d")
               : ln_form_binary(f, LN_OP_SUB, ln_form_scalar(f, LN_TYPE_FLOAT32, 2, "two"), d, "d");
    d = ln_form_binary(f, LN_OP_MINIMUM, ln_form_number(f, LN_OP_MAXIMUM, d, 0, "above"), one, "inside");
    d = ln_form_binary(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, d, hsv[1], "share"), gray, "tone");
    rgb[i] = ln_form_binary(f, LN_OP_MUL, d, hsv[2], "color");
  }
}
