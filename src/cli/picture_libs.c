/* PNG and JPEG through libpng and libjpeg, where they were there when this was built. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#ifdef LINNET_HAVE_PNG
#include <png.h>

bool picture_read_png(const uint8_t* data, size_t size, picture* p, const char** why) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  if (!png_image_begin_read_from_memory(&image, data, size)) return *why = "the PNG is damaged", false;
  const bool grey = (image.format & PNG_FORMAT_FLAG_COLOR) == 0;
  image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const png_color black = {0, 0, 0};
  const bool ok = picture_allocate(p, image.width, image.height, grey ? 1 : 3, why) &&
                  png_image_finish_read(&image, &black, p->pixels, 0, NULL);
  if (!ok && *why[0] == 0) *why = "the PNG is damaged";
  png_image_free(&image);
  return ok;
}
#else
bool picture_read_png(const uint8_t* data, size_t size, picture* p, const char** why) {
  (void)data, (void)size, (void)p;
  return *why = "this linnet was built without libpng", false;
}
#endif

#ifdef LINNET_HAVE_JPEG
#include <jpeglib.h>

typedef struct jpeg_failure {
  struct jpeg_error_mgr manager; /* first: the library knows only this part */
  jmp_buf back;
} jpeg_failure;

static void give_up(j_common_ptr info) { longjmp(((jpeg_failure*)(void*)info->err)->back, 1); }

static void say_nothing(j_common_ptr info, int level) { (void)info, (void)level; }

/* Everything that changes between setjmp and longjmp lives behind pointers of the caller. */
static bool decode_jpeg(struct jpeg_decompress_struct* info, jpeg_failure* failure, const uint8_t* data, size_t size,
                        picture* p, const char** why) {
  if (setjmp(failure->back) != 0) return *why = "the JPEG is damaged", false;
  jpeg_create_decompress(info);
  jpeg_mem_src(info, data, (unsigned long)size);
  if (jpeg_read_header(info, TRUE) != JPEG_HEADER_OK) return *why = "the JPEG has no picture", false;
  info->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(info);
  if (!picture_allocate(p, info->output_width, info->output_height, info->output_components, why)) return false;
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = p->pixels + (size_t)info->output_scanline * (size_t)p->width * (size_t)p->channels;
    jpeg_read_scanlines(info, &row, 1);
  }
  jpeg_finish_decompress(info);
  return true;
}

bool picture_read_jpeg(const uint8_t* data, size_t size, picture* p, const char** why) {
  struct jpeg_decompress_struct info;
  jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = give_up;
  failure.manager.emit_message = say_nothing;
  const bool ok = decode_jpeg(&info, &failure, data, size, p, why);
  jpeg_destroy_decompress(&info);
  return ok;
}
#else
bool picture_read_jpeg(const uint8_t* data, size_t size, picture* p, const char** why) {
  (void)data, (void)size, (void)p;
  return *why = "this linnet was built without libjpeg", false;
}
#endif
