/* Finds the format, and reads BMP and PNM. */
#include "picture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

bool picture_allocate(picture* p, long long width, long long height, int channels, const char** why) {
  if (width < 1 || height < 1 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE)
    return *why = "its width or height is not in 1 to 32768", false;
  p->width = (int)width;
  p->height = (int)height;
  p->channels = channels;
  p->pixels = calloc((size_t)width * (size_t)height, (size_t)channels);
  if (p->pixels == NULL) return *why = "there is no memory for its pixels", false;
  return true;
}

void picture_free(picture* p) {
  free(p->pixels);
  p->pixels = NULL;
}

static uint32_t u32(const uint8_t* p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int32_t i32(const uint8_t* p) { return (int32_t)u32(p); }

/* Uncompressed BMP of 8 (with a palette), 24 or 32 bits, rows from the bottom or the top. */
bool picture_read_bmp(const uint8_t* data, size_t size, picture* p, const char** why) {
  if (size < 54) return *why = "the BMP header is cut off", false;
  const uint32_t offset = u32(data + 10), header = u32(data + 14), bits = data[28] | (uint32_t)data[29] << 8;
  const long long width = i32(data + 18), height = i32(data + 22), rows = height < 0 ? -height : height;
  const bool masks = u32(data + 30) == 3 && bits == 32;
  if (header < 40 || (u32(data + 30) != 0 && !masks)) return *why = "only uncompressed BMP can be read", false;
  if (bits != 8 && bits != 24 && bits != 32) return *why = "only BMP of 8, 24 and 32 bits can be read", false;
  if (width < 1 || rows < 1 || width > PICTURE_MAX_SIDE || rows > PICTURE_MAX_SIDE)
    return *why = "its width or height is not in 1 to 32768", false;
  const size_t stride = ((size_t)width * bits + 31) / 32 * 4;
  if (offset > size || stride * (size_t)rows > size - offset) return *why = "the BMP's pixels are cut off", false;
  const uint32_t colours = u32(data + 46) != 0 ? u32(data + 46) : 256;
  const uint8_t* palette = data + 14 + header;
  if (bits == 8 && (header > size - 14 || colours > 256 || (size_t)colours * 4 > size - 14 - header))
    return *why = "the BMP's palette is cut off", false;
  bool grey = bits == 8;
  for (uint32_t i = 0; grey && i < colours; ++i)
    grey = palette[4 * i] == palette[4 * i + 1] && palette[4 * i] == palette[4 * i + 2];
  if (!picture_allocate(p, width, rows, grey ? 1 : 3, why)) return false;
  for (long long y = 0; y < rows; ++y) {
    const uint8_t* from = data + offset + (size_t)(height < 0 ? y : rows - 1 - y) * stride;
    uint8_t* to = p->pixels + (size_t)y * (size_t)width * (size_t)p->channels;
    for (long long x = 0; x < width; ++x) {
      static const uint8_t kBlack[4];
      const uint8_t* bgr = bits != 8 ? from + x * (bits / 8) : from[x] < colours ? palette + 4 * from[x] : kBlack;
      if (grey) {
        *to++ = bgr[0];
      } else {
        *to++ = bgr[2];
        *to++ = bgr[1];
        *to++ = bgr[0];
      }
    }
  }
  return true;
}

/* The next number of a PNM header, -1: none. Comments run from # to the line's end. */
static long long pnm_number(const uint8_t* data, size_t size, size_t* at) {
  while (*at < size && (isspace(data[*at]) || data[*at] == '#')) {
    if (data[*at] == '#')
      while (*at < size && data[*at] != '\n') ++*at;
    else
      ++*at;
  }
  if (*at >= size || !isdigit(data[*at])) return -1;
  long long number = 0;
  while (*at < size && isdigit(data[*at]) && number < 1000000000) number = number * 10 + (data[(*at)++] - '0');
  return number;
}

/* P2, P3 (text) and P5, P6 (binary), at most 255 a sample. */
bool picture_read_pnm(const uint8_t* data, size_t size, picture* p, const char** why) {
  const char kind = (char)data[1];
  size_t at = 2;
  const long long width = pnm_number(data, size, &at), height = pnm_number(data, size, &at),
                  top = pnm_number(data, size, &at);
  if (top < 1 || top > 255) return *why = "its largest sample is not in 1 to 255", false;
  if (!picture_allocate(p, width, height, kind == '3' || kind == '6' ? 3 : 1, why)) return false;
  const size_t count = (size_t)width * (size_t)height * (size_t)p->channels;
  const bool text = kind == '2' || kind == '3';
  if (!text) ++at; /* one blank */
  if (!text && (at > size || count > size - at)) return *why = "the PNM's pixels are cut off", false;
  for (size_t i = 0; i < count; ++i) {
    const long long sample = text ? pnm_number(data, size, &at) : data[at + i];
    if (sample < 0) return *why = "the PNM's pixels are cut off", false;
    p->pixels[i] = (uint8_t)(sample >= top ? 255 : (sample * 255 + top / 2) / top);
  }
  return true;
}

static bool decode(const uint8_t* data, size_t size, picture* p, const char** why) {
  if (size >= 2 && data[0] == 'B' && data[1] == 'M') return picture_read_bmp(data, size, p, why);
  if (size >= 2 && data[0] == 'P' && strchr("2356", data[1]) != NULL && data[1] != 0)
    return picture_read_pnm(data, size, p, why);
  if (size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) return picture_read_png(data, size, p, why);
  if (size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0) return picture_read_jpeg(data, size, p, why);
  *why = "it is neither BMP, PNM, PNG nor JPEG";
  return false;
}

bool picture_read(const char* path, picture* p, char* message, size_t message_size) {
  size_t size;
  *p = (picture){0};
  uint8_t* data = file_read(path, &size, message, message_size);
  if (data == NULL) return false;
  const char* why = "";
  const bool ok = decode(data, size, p, &why);
  if (!ok) {
    snprintf(message, message_size, "picture '%s' cannot be read: %s", path, why);
    picture_free(p);
  }
  free(data);
  return ok;
}
