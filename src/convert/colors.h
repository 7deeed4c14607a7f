/* Colors as red, green and blue, or hue, saturation and value, each of 0 to 1, as TensorFlow computes them: three
 * tensors of one shape. For both importers. */
#ifndef LN_CONVERT_COLORS_H_
#define LN_CONVERT_COLORS_H_

#include "convert/form.h"

void ln_rgb_to_hsv(const ln_form* f, ln_tensor* const rgb[3], ln_tensor* hsv[3]);
void ln_hsv_to_rgb(const ln_form* f, ln_tensor* const hsv[3], ln_tensor* rgb[3]);

#endif
