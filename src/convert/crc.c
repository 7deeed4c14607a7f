#include "convert/crc.h"

enum { LANES = 8 };

/* tables[k][b]: what byte b does k bytes further on. */
static void make_tables(uint32_t polynomial, uint32_t tables[LANES][256]) {
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
    tables[0][b] = crc;
  }
  for (int k = 1; k < LANES; ++k)
    for (uint32_t b = 0; b < 256; ++b) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
}

static uint32_t extend(uint32_t t[LANES][256], uint32_t crc, const unsigned char* p, size_t size_bytes) {
  for (; size_bytes >= LANES; size_bytes -= LANES, p += LANES) {
    crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    crc = t[7][crc & 255] ^ t[6][crc >> 8 & 255] ^ t[5][crc >> 16 & 255] ^ t[4][crc >> 24] ^ t[3][p[4]] ^ t[2][p[5]] ^
          t[1][p[6]] ^ t[0][p[7]];
  }
  for (; size_bytes > 0; --size_bytes) crc = crc >> 8 ^ t[0][(crc ^ *p++) & 255];
  return crc;
}

static uint32_t checksum(ln_job* job, uint32_t polynomial, const unsigned char* data, size_t size_bytes) {
  uint32_t tables[LANES][256], crc = UINT32_MAX;
  make_tables(polynomial, tables);
  for (size_t at = 0, part; at < size_bytes; at += part) {
    part = size_bytes - at < LN_JOB_STRETCH_BYTES ? size_bytes - at : LN_JOB_STRETCH_BYTES;
    crc = extend(tables, crc, data + at, part);
    ln_job_touch(job, part);
  }
  return ~crc;
}

uint32_t ln_crc32(ln_job* job, const void* data, size_t size_bytes) {
  return checksum(job, 0xedb88320u, data, size_bytes);
}

uint32_t ln_crc32c(ln_job* job, const void* data, size_t size_bytes) {
  return checksum(job, 0x82f63b78u, data, size_bytes);
}

uint32_t ln_crc32c_masked(ln_job* job, const void* data, size_t size_bytes) {
  const uint32_t crc = ln_crc32c(job, data, size_bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
