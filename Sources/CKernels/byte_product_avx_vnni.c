// Products of bytes by vpdpbusd on 256 bits (AVX-VNNI): four products a lane and instruction.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

#define ROW_STEP 6  // 6 x 2 sums, 2 operands and a broadcast in 16 registers
#define BYTE_VECTORS 2
#define BYTE_WIDTH 8

typedef __m256i sum_vec, byte_weights, byte_inputs;

INLINE __m256i byte_operand(const int8_t *quads) {
    return _mm256_loadu_si256((const __m256i *)(const void *)quads);
}

INLINE __m256i byte_splat(const uint8_t *quad) {
    int32_t bytes;
    memcpy(&bytes, quad, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

INLINE __m256i multiply_quads(__m256i x, __m256i w, __m256i sum) {
    return _mm256_dpbusd_avx_epi32(sum, x, w);
}

#include "vector_byte_product.h"

const c4b_byte_kernel c4b_byte_avx_vnni = {
    .name = "avx_vnni",
    .speed = 4,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
