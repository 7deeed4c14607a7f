/* An emulator of the instructions that the AVX-VNNI and AMX kernels need and that few processors have: a handler of
 * SIGILL decodes the one that was refused, does its work on the registers that the signal's frame holds, and goes on
 * behind it. Tiles, which no register holds, are a thread's own.
 *
 * It knows VPDPBUSD and VPDPWSSD in VEX encoding, LDTILECFG, TILERELEASE, TILEZERO, TILELOADD, TILELOADDT1, TILESTORED
 * and the four TDPB…D, and is as strict as the processor about configurations and shapes: what would fault there ends
 * the program here. (Intel's Software Developer's Manual, volume 2; its volume 1, chapter 13, has the frame's layout.)
 */
#include "kcheck/emulate_x86.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/cpu.h"

enum { kTiles = 8, kTileRows = 16, kTileBytes = 64 };

static _Thread_local struct {
  bool configured;
  uint8_t rows[kTiles];
  uint16_t row_bytes[kTiles];
  uint8_t data[kTiles][kTileRows][kTileBytes];
} tiles;

static atomic_llong vectors_run, tiles_run;

static size_t zmm_offset; /* of the upper halves of the first sixteen 512-bit registers; 0: there are none */

_Noreturn static void die(const char* what) {
  static const char prefix[] = "FAIL emulator: ";
  if (write(STDOUT_FILENO, prefix, sizeof prefix - 1) < 0 || write(STDOUT_FILENO, what, strlen(what)) < 0) _exit(2);
  _exit(1);
}

/* ---- Decoding: a three-byte VEX prefix of the map 0F38, the operation, ModRM, SIB, displacement. ---- */

typedef struct instruction {
  uint8_t prefix; /* 0: none, 1: 66, 2: F3, 3: F2 */
  bool wide, is_memory;
  uint8_t operation, reg, rm, vector;
  uint64_t address, stride; /* tiles take the index as a stride */
  const uint8_t* next;
} instruction;

static uint64_t general(const ucontext_t* u, unsigned number) {
  static const int places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                 REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return (uint64_t)u->uc_mcontext.gregs[places[number]];
}

static int64_t displacement(const uint8_t** at, size_t size) {
  int8_t small;
  int32_t large = 0;
  memcpy(&small, *at, 1);
  if (size == 4) memcpy(&large, *at, 4);
  *at += size;
  return size == 0 ? 0 : size == 1 ? small : large;
}

static void decode_address(const ucontext_t* u, const uint8_t** at, uint8_t mod, uint8_t b, uint8_t x,
                           instruction* out) {
  uint64_t base = 0;
  size_t size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  bool relative = false;
  if ((out->rm & 7) == 4) {
    const uint8_t sib = *(*at)++;
    const unsigned index = (sib >> 3 & 7U) | x;
    if (index != 4) out->stride = general(u, index) << (sib >> 6);
    if ((sib & 7) == 5 && mod == 0)
      size = 4;
    else
      base = general(u, (sib & 7U) | b);
  } else if ((out->rm & 7) == 5 && mod == 0) {
    relative = true;
    size = 4;
  } else {
    base = general(u, out->rm);
  }
  const int64_t offset = displacement(at, size);
  /* No instruction here has an immediate operand: the next one follows. */
  out->address = base + (uint64_t)offset + (relative ? (uint64_t)(uintptr_t)*at : 0);
}

static bool decode(const ucontext_t* u, instruction* out) {
  const uint8_t* at = (const uint8_t*)(uintptr_t)u->uc_mcontext.gregs[REG_RIP];
  memset(out, 0, sizeof *out);
  if (at[0] != 0xc4 || (at[1] & 0x1f) != 2 || (at[2] & 0x80) != 0) return false;
  const uint8_t r = at[1] & 0x80 ? 0 : 8, x = at[1] & 0x40 ? 0 : 8, b = at[1] & 0x20 ? 0 : 8;
  const uint8_t modrm = at[4], mod = modrm >> 6;
  out->vector = (uint8_t)(~at[2] >> 3 & 15);
  out->wide = (at[2] & 4) != 0;
  out->prefix = at[2] & 3;
  out->operation = at[3];
  out->reg = (uint8_t)((modrm >> 3 & 7) | r);
  out->rm = (uint8_t)((modrm & 7) | b);
  out->is_memory = mod != 3;
  at += 5;
  if (out->is_memory) decode_address(u, &at, mod, b, x, out);
  out->next = at;
  return true;
}

/* ---- Vector registers: xmm n lies in the legacy part of the frame, the upper half of ymm n behind its header, whose
 * bits say which parts are not just zero. ---- */

enum { kMagicOffset = 464, kXmmOffset = 160, kHeaderOffset = 512, kYmmOffset = 576, kSse = 1, kAvx = 2, kZmmHigh = 6 };

static bool has_part(const uint8_t* frame, int part) {
  uint64_t bits;
  memcpy(&bits, frame + kHeaderOffset, sizeof bits);
  return (bits >> part & 1) != 0;
}

static void need_part(uint8_t* frame, int part, size_t offset) {
  uint64_t bits;
  if (has_part(frame, part)) return;
  memset(frame + offset, 0, 256);
  memcpy(&bits, frame + kHeaderOffset, sizeof bits);
  bits |= UINT64_C(1) << part;
  memcpy(frame + kHeaderOffset, &bits, sizeof bits);
}

static void get_vector(const uint8_t* frame, size_t number, uint8_t value[32]) {
  memset(value, 0, 32);
  if (has_part(frame, kSse)) memcpy(value, frame + kXmmOffset + 16 * number, 16);
  if (has_part(frame, kAvx)) memcpy(value + 16, frame + kYmmOffset + 16 * number, 16);
}

/* A VEX instruction leaves zeros above what it writes. */
static void set_vector(uint8_t* frame, size_t number, const uint8_t value[32]) {
  need_part(frame, kSse, kXmmOffset);
  need_part(frame, kAvx, kYmmOffset);
  memcpy(frame + kXmmOffset + 16 * number, value, 16);
  memcpy(frame + kYmmOffset + 16 * number, value + 16, 16);
  if (zmm_offset != 0 && has_part(frame, kZmmHigh)) memset(frame + zmm_offset + 32 * number, 0, 32);
}

static int32_t as_word(const uint8_t* at) {
  int16_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static int32_t as_byte(uint8_t byte, bool is_signed) { return is_signed ? (int8_t)byte : byte; }

/* sum += four products of bytes, modulo 2^32. */
static void add_four(uint8_t* sum, const uint8_t* a, bool a_signed, const uint8_t* b, bool b_signed) {
  uint32_t total;
  memcpy(&total, sum, sizeof total);
  for (int i = 0; i < 4; ++i) total += (uint32_t)(as_byte(a[i], a_signed) * as_byte(b[i], b_signed));
  memcpy(sum, &total, sizeof total);
}

static bool run_vector(uint8_t* frame, const instruction* in) {
  uint8_t sum[32], a[32], b[32];
  const size_t size = in->wide ? 32 : 16;
  const bool bytes = in->operation == 0x50;
  if ((!bytes && in->operation != 0x52) || in->prefix != 1) return false;
  get_vector(frame, in->reg, sum);
  get_vector(frame, in->vector, a);
  if (in->is_memory)
    memcpy(b, (const void*)(uintptr_t)(in->address + in->stride), size);
  else
    get_vector(frame, in->rm, b);
  for (size_t i = 0; i < size; i += 4) {
    if (bytes) {
      add_four(sum + i, a + i, false, b + i, true);
    } else {
      uint32_t total;
      memcpy(&total, sum + i, sizeof total);
      total += (uint32_t)(as_word(a + i) * as_word(b + i)) + (uint32_t)(as_word(a + i + 2) * as_word(b + i + 2));
      memcpy(sum + i, &total, sizeof total);
    }
  }
  memset(sum + size, 0, 32 - size);
  set_vector(frame, in->reg, sum);
  return true;
}

/* ---- Tiles. ---- */

static void load_configuration(const uint8_t* from) {
  memset(&tiles, 0, sizeof tiles);
  if (from[0] == 0) return;
  if (from[0] != 1) die("LDTILECFG: an unknown palette\n");
  for (int i = 1; i < 16; ++i)
    if (from[i] != 0) die("LDTILECFG: start row or reserved bytes are not 0\n");
  for (int i = 0; i < 16; ++i) {
    uint16_t row_bytes;
    const uint8_t rows = from[48 + i];
    memcpy(&row_bytes, from + 16 + 2 * i, sizeof row_bytes);
    if ((i >= kTiles && (rows != 0 || row_bytes != 0)) || rows > kTileRows || row_bytes > kTileBytes ||
        (rows == 0) != (row_bytes == 0))
      die("LDTILECFG: a tile of a size that there is not\n");
    if (i >= kTiles) continue;
    tiles.rows[i] = rows;
    tiles.row_bytes[i] = row_bytes;
  }
  tiles.configured = true;
}

static void need_tile(uint8_t number) {
  if (!tiles.configured || number >= kTiles || tiles.rows[number] == 0) die("a tile is used that is not configured\n");
}

static void run_products(const instruction* in) {
  const uint8_t to = in->reg, a = in->rm, b = in->vector;
  const bool a_signed = in->prefix >= 2, b_signed = in->prefix == 1 || in->prefix == 3;
  need_tile(to);
  need_tile(a);
  need_tile(b);
  if (to == a || to == b || a == b) die("TDPB..D: one tile twice\n");
  if (tiles.rows[to] != tiles.rows[a] || tiles.row_bytes[to] != tiles.row_bytes[b] ||
      tiles.row_bytes[a] != 4 * tiles.rows[b] || tiles.row_bytes[to] % 4 != 0)
    die("TDPB..D: tiles that do not match\n");
  for (size_t m = 0; m < tiles.rows[to]; ++m)
    for (size_t k = 0; k < tiles.rows[b]; ++k)
      for (size_t n = 0; n < tiles.row_bytes[to]; n += 4)
        add_four(tiles.data[to][m] + n, tiles.data[a][m] + 4 * k, a_signed, tiles.data[b][k] + n, b_signed);
}

static void move_tile(const instruction* in, bool store) {
  need_tile(in->reg);
  if (!store) memset(tiles.data[in->reg], 0, sizeof tiles.data[0]);
  for (size_t m = 0; m < tiles.rows[in->reg]; ++m) {
    void* at = (void*)(uintptr_t)(in->address + m * in->stride);
    if (store)
      memcpy(at, tiles.data[in->reg][m], tiles.row_bytes[in->reg]);
    else
      memcpy(tiles.data[in->reg][m], at, tiles.row_bytes[in->reg]);
  }
}

static bool run_tile(const instruction* in) {
  enum { kNone, k66, kF3, kF2 };
  if (in->operation == 0x5e && !in->is_memory) {
    run_products(in);
  } else if (in->operation == 0x4b && in->is_memory && (in->rm & 7) == 4 && in->prefix != kNone) {
    move_tile(in, in->prefix == kF3);
  } else if (in->operation == 0x49 && in->prefix == kNone && in->is_memory && in->reg == 0) {
    load_configuration((const uint8_t*)(uintptr_t)(in->address + in->stride));
  } else if (in->operation == 0x49 && in->prefix == kNone && !in->is_memory && in->reg == 0 && in->rm == 0) {
    memset(&tiles, 0, sizeof tiles);
  } else if (in->operation == 0x49 && in->prefix == kF2 && !in->is_memory && in->rm == 0) {
    need_tile(in->reg);
    memset(tiles.data[in->reg], 0, sizeof tiles.data[0]);
  } else {
    return false;
  }
  return true;
}

/* ---- The signal. ---- */

static void refused(int number, siginfo_t* info, void* context) {
  ucontext_t* u = context;
  uint8_t* frame = (uint8_t*)u->uc_mcontext.fpregs;
  uint32_t magic;
  instruction in;
  (void)number;
  (void)info;
  memcpy(&magic, frame + kMagicOffset, sizeof magic);
  if (!decode(u, &in)) die("an instruction that it does not know\n");
  if (magic == 0x46505853 && run_vector(frame, &in))
    ++vectors_run;
  else if (!in.wide && run_tile(&in))
    ++tiles_run;
  else
    die("an instruction that it does not know\n");
  u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)in.next;
}

static void say_count(void) {
  printf("emulated: %lld instructions of AVX-VNNI, %lld of AMX\n", (long long)vectors_run, (long long)tiles_run);
}

void kc_emulate(void) {
  struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
  unsigned size, offset, c, d;
  if (ln_cpu_present(LN_ISA_AVX512) && __get_cpuid_count(13, kZmmHigh, &size, &offset, &c, &d)) zmm_offset = offset;
  sigemptyset(&action.sa_mask);
  sigaction(SIGILL, &action, NULL);
  atexit(say_count);
  if (ln_cpu_present(LN_ISA_AVX2)) ln_cpu_assume(LN_ISA_AVXVNNI);
  if (ln_cpu_present(LN_ISA_AVX512VNNI)) ln_cpu_assume(LN_ISA_AMX);
}

#else

void kc_emulate(void) {}

#endif
