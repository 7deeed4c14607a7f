/* Pictures: 8-bit RGB or grey pixels, read from BMP, PNM, and PNG and JPEG where the libraries are there. */
#ifndef LINNET_CLI_PICTURE_H_
#define LINNET_CLI_PICTURE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PICTURE_MAX_SIDE = 32768 };

typedef struct picture {
  int width, height, channels; /* 1 or 3 */
  uint8_t* pixels;             /* rows from the top, owned */
} picture;

/* False: `message` says what is wrong with the file. */
bool picture_read(const char* path, picture* p, char* message, size_t message_size);
void picture_free(picture* p);

typedef enum picture_filter {
  PICTURE_BILINEAR, /* four neighbours around the half-pixel position, rounded half up */
  PICTURE_NEAREST,  /* the pixel under the half-pixel position */
  PICTURE_PIL /* a triangle as wide as the reduction, in two passes of 8 bits with 22-bit weights, as Pillow has it */
} picture_filter;

/* The whole picture squeezed to width x height and to 1 or 3 channels (grey: 299 R + 587 G + 114 B thousandths, in 16
 * bits). */
bool picture_convert(const picture* from, int width, int height, int channels, picture_filter filter, picture* to);

/* ---- formats; each gets all the file's bytes ---- */
bool picture_read_bmp(const uint8_t* data, size_t size, picture* p, const char** why);
bool picture_read_pnm(const uint8_t* data, size_t size, picture* p, const char** why);
bool picture_read_png(const uint8_t* data, size_t size, picture* p, const char** why);
bool picture_read_jpeg(const uint8_t* data, size_t size, picture* p, const char** why);

/* Memory for the pixels; false and `*why`: sides out of range, or no memory. */
bool picture_allocate(picture* p, long long width, long long height, int channels, const char** why);

#endif
