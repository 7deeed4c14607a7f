#include "convert/import/tf_crc.h"

#include <string.h>

enum { LANES = 8 };

/* tables[k][b]: what byte b does k bytes further on. */
static void make_tables(uint32_t tables[LANES][256]) {
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    tables[0][b] = crc;
  }
  for (int k = 1; k < LANES; ++k)
    for (uint32_t b = 0; b < 256; ++b) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
}

uint32_t ln_crc32c_masked(const void* data, size_t size_bytes) {
  uint32_t t[LANES][256];
  const unsigned char* p = data;
  uint32_t crc = 0xffffffffu;
  make_tables(t);
  for (; size_bytes >= LANES; size_bytes -= LANES, p += LANES) {
    crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    crc = t[7][crc & 255] ^ t[6][crc >> 8 & 255] ^ t[5][crc >> 16 & 255] ^ t[4][crc >> 24] ^ t[3][p[4]] ^ t[2][p[5]] ^
          t[1][p[6]] ^ t[0][p[7]];
  }
  for (; size_bytes > 0; --size_bytes) crc = crc >> 8 ^ t[0][(crc ^ *p++) & 255];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
