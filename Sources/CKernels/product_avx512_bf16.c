// Products by vdpbf16ps (AVX512-BF16): two products a lane and instruction.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                               \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), \
    apply_to = function)

#define WIDTH 16
#include "vector_math.h"

#define NATIVE_BFLOAT16
#include "activations.h"
#include "prefetching.h"
#include "rounding.h"

#define VECTORS 3  // 8 x 3 sums, 3 or 6 operands and 2 broadcasts in 32 registers
#define ROW_STEP 8
#define GROUP 3
#define DEPTH_TILES WHOLE_DEPTH
#define CACHE_BYTES ((size_t)512 << 10)
#define CHUNK_ROWS ROW_STEP
#define PREFETCHES 0

// The compiler of Swift 6.0 crashes at a splat as an operand of vdpbf16ps.
#define HIDE_SPLAT(x) __asm__("" : "+v"(x))

INLINE vec multiply_pairs(uvec x, uvec y, vec sum) {
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)y);
}

#include "vector_product.h"

const c4b_product_kernel c4b_product_avx512_bf16 = {
    .name = "avx512_bf16",
    .speed = 2,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};

#pragma clang attribute pop

#endif
