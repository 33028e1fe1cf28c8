// The AMX kernel of bytes without AMX: slow, the same on every machine, for tests.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

#include "emulated_tiles.h"
#include "tile_byte_product.h"

const c4b_byte_kernel c4b_byte_amx_emulated = {
    .name = "amx_emulated",
    .speed = 0,
    .multiply = multiply_byte_rows,
};
