#if defined(__x86_64__)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define WIDTH 8
#define TILE_ROWS 6  // 6 x 2 accumulators, 2 operands and a broadcast in 16 registers
#define TILE_VECTORS 2
#define KERNELS c4b_kernels_avx2
#define PRODUCT c4b_product_avx2
#define KERNELS_NAME "avx2"
#define BEATS_BLAS true
#include "all_kernels.h"

#pragma clang attribute pop

#endif
