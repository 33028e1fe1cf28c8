// The AMX kernel without AMX: slow, the same on every machine, for tests.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"
#include "tile_emulation.h"

#define WIDTH 4
#include "vector_math.h"

#include "activations.h"
#include "prefetching.h"
#include "rounding.h"

static _Thread_local tile_registers registers;

#define TILE_CONFIGURE(bytes) tile_configure(&registers, bytes)
#define TILE_RELEASE() tile_release(&registers)
#define TILE_ZERO(tile) tile_zero(&registers, tile)
#define TILE_LOAD(tile, base, stride) tile_load(&registers, tile, base, stride)
#define TILE_STORE(tile, base, stride) tile_store(&registers, tile, base, stride)
#define TILE_DOT(sum, input, weight) tile_dot(&registers, sum, input, weight)

#include "tile_product.h"

const c4b_product_kernel c4b_product_amx_emulated = {
    .name = "amx_emulated",
    .speed = 0,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};
