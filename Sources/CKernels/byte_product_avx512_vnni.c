// Products of bytes by vpdpbusd (AVX512-VNNI): four products a lane and instruction.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                               \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), \
    apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

#define ROW_STEP 6  // 6 x 4 sums, 4 operands and a broadcast in 32 registers
#define BYTE_VECTORS 4
#define BYTE_WIDTH 16

typedef __m512i sum_vec, byte_weights, byte_inputs;

INLINE __m512i byte_operand(const int8_t *quads) { return _mm512_loadu_si512(quads); }

INLINE __m512i byte_splat(const uint8_t *quad) {
    int32_t bytes;
    memcpy(&bytes, quad, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

INLINE __m512i multiply_quads(__m512i x, __m512i w, __m512i sum) {
    return _mm512_dpbusd_epi32(sum, x, w);
}

#include "vector_byte_product.h"

const c4b_byte_kernel c4b_byte_avx512_vnni = {
    .name = "avx512_vnni",
    .speed = 4,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
