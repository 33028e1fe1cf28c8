// Whatever the compiler's baseline has: SSE2 on x86-64, NEON on arm64.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#define WIDTH 4
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define KERNELS c4b_kernels_portable
#define PRODUCT c4b_product_portable
#define KERNELS_NAME "portable"
#define BEATS_BLAS false
#include "all_kernels.h"
