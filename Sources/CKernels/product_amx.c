// Products by tdpbf16ps (AMX-BF16): 16 x 16 sums of 32 products an instruction.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                                      \
    __attribute__((                                                                                \
        target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16"))), \
    apply_to = function)

#define WIDTH 16
#include "vector_math.h"

#define NATIVE_BFLOAT16
#include "activations.h"
#include "prefetching.h"
#include "rounding.h"

#include "amx_tiles.h"
#include "tile_product.h"

const c4b_product_kernel c4b_product_amx_bf16 = {
    .name = "amx_bf16",
    .speed = 16,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};

#pragma clang attribute pop

#endif
