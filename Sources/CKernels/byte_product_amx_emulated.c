// The AMX kernel of bytes without AMX: slow, the same on every machine, for tests.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"
#include "tile_emulation.h"

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

static _Thread_local tile_registers registers;

#define TILE_CONFIGURE(bytes) tile_configure(&registers, bytes)
#define TILE_RELEASE() tile_release(&registers)
#define TILE_ZERO(tile) tile_zero(&registers, tile)
#define TILE_LOAD(tile, base, stride) tile_load(&registers, tile, base, stride)
#define TILE_STORE(tile, base, stride) tile_store(&registers, tile, base, stride)
#define TILE_DOT_BYTES(sum, input, weight) tile_dot_bytes(&registers, sum, input, weight)

#include "tile_byte_product.h"

const c4b_byte_kernel c4b_byte_amx_emulated = {
    .name = "amx_emulated",
    .speed = 0,
    .multiply = multiply_byte_rows,
};
