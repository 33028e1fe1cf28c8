// Products of bytes by sdot (NEON with FEAT_DotProd). It multiplies signed numbers: 128 less than an input
// is one, and 128 times an output's weights are added at first.
#if defined(__aarch64__)

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

typedef int8x16_t byte_inputs;

INLINE int8x16_t byte_load(const uint8_t *bytes) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(bytes), vdupq_n_u8(128)));
}

INLINE int32x4_t first_sum(int32x4_t sums) { return vshlq_n_s32(sums, 7); }

#define multiply_quads vdotq_laneq_s32

#include "neon_byte_product.h"

const c4b_byte_kernel c4b_byte_neon_dotprod = {
    .name = "neon_dotprod",
    .speed = 4,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
