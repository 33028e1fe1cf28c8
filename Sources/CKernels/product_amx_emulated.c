// The AMX kernel without AMX: slow, the same on every machine, for tests.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#define WIDTH 4
#include "vector_math.h"

#include "activations.h"
#include "prefetching.h"
#include "rounding.h"

#include "emulated_tiles.h"
#include "tile_product.h"

const c4b_product_kernel c4b_product_amx_emulated = {
    .name = "amx_emulated",
    .speed = 0,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};
