// Products of bytes by whatever the compiler's baseline has: SSE2 on x86-64, NEON on arm64.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "instruction_sets.h"

#define BYTE_WIDTH 4
#define ROW_STEP 4
#include "widening_byte_product.h"

const c4b_byte_kernel c4b_byte_portable = {
    .name = "portable",
    .speed = 1,
    .multiply = multiply_byte_rows,
};
