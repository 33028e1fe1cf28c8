// Products of bytes by tdpbusd (AMX-INT8): 16 x 16 sums of 64 products an instruction.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,amx-tile,amx-int8"))), \
    apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

#include "amx_tiles.h"
#include "tile_byte_product.h"

const c4b_byte_kernel c4b_byte_amx_int8 = {
    .name = "amx_int8",
    .speed = 32,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
