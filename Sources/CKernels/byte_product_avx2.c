// Products of bytes by vpmaddwd on 256 bits (AVX2).
#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define BYTE_WIDTH 8
#define ROW_STEP 4
#include "widening_byte_product.h"

const c4b_byte_kernel c4b_byte_avx2 = {
    .name = "avx2",
    .speed = 1,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
