// Products of bytes by sudot (NEON with FEAT_I8MM): of unsigned inputs with signed weights.
#if defined(__aarch64__)

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

typedef uint8x16_t byte_inputs;

INLINE uint8x16_t byte_load(const uint8_t *bytes) { return vld1q_u8(bytes); }

INLINE int32x4_t first_sum(int32x4_t sums) {
    (void)sums;
    return vdupq_n_s32(0);
}

// sudot is the one whose lane is of the unsigned numbers.
#define multiply_quads vsudotq_laneq_s32

#include "neon_byte_product.h"

const c4b_byte_kernel c4b_byte_neon_i8mm = {
    .name = "neon_i8mm",
    .speed = 4,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
