#if defined(__x86_64__)

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                    \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), \
    apply_to = function)

#define WIDTH 16
#define TILE_ROWS 8  // 8 x 3 accumulators, 3 operands and a broadcast in 32 registers
#define TILE_VECTORS 3
#define KERNELS c4b_kernels_avx512
#define PRODUCT c4b_product_avx512
#define KERNELS_NAME "avx512"
#define BEATS_BLAS true
#include "all_kernels.h"

#pragma clang attribute pop

#endif
