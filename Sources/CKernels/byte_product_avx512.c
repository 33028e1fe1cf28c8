// Products of bytes by vpmaddwd on 512 bits (AVX-512 without VNNI).
#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#pragma clang attribute push(                                                    \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), \
    apply_to = function)
#define BYTE_WIDTH 16
#define ROW_STEP 6
#include "widening_byte_product.h"

const c4b_byte_kernel c4b_byte_avx512 = {
    .name = "avx512",
    .speed = 1,
    .multiply = multiply_byte_rows,
};

#pragma clang attribute pop

#endif
