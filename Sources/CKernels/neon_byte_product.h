// Sums of products of bytes by NEON's dot products, which multiply four numbers of each output with a quad
// of a row, taken from any of a register's four lanes. The file that includes this one defines
//
//     byte_inputs, byte_load(bytes)          the type and the value of 16 numbers of a row
//     first_sum(sums)                        what four outputs begin with, from the sums of their bytes
//     multiply_quads(sum, w, x, lane)        adds the products of four outputs with a quad, lane a constant

#define BEGIN_TILES()  // for processors that have tiles
#define END_TILES()
#define ROW_STEP 4  // 4 x 4 sums, 4 vectors of inputs and 4 of weights in 32 registers
#define BYTE_VECTORS 4

#include "byte_product.h"

/// Of 16 outputs, which are a tile's.
INLINE void multiply_byte_tiles(const uint8_t *input, size_t stride, const int8_t *weight,
                                const int32_t *weight_sums, size_t depth_tiles, int rows,
                                ahead next, int32_t *sums) {
    int32x4_t totals[ROW_STEP][BYTE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < BYTE_VECTORS; v++) {
        totals[0][v] = first_sum(vld1q_s32(weight_sums + 4 * v));
#pragma clang loop unroll(full)
        for (int r = 1; r < rows; r++) totals[r][v] = totals[0][v];
    }
    for (size_t k = 0; k < depth_tiles; k++) {
#pragma clang loop unroll(disable)
        for (size_t part = 0; part < C4B_BYTE_DEPTH / 16; part++) {
            if (next.start) {
                __builtin_prefetch(next.start + part * next.step / (C4B_BYTE_DEPTH / 16), 0, 2);
            }
            byte_inputs x[ROW_STEP];
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) x[r] = byte_load(input + (size_t)r * stride + part * 16);
#define BYTE_LANE(lane)                                                         \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < BYTE_VECTORS; v++) { \
        const int8x16_t w = vld1q_s8(weight + part * 16 * C4B_BYTE_OUTPUTS +    \
                                     lane * 4 * C4B_BYTE_OUTPUTS + 16 * v);     \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {     \
            totals[r][v] = multiply_quads(totals[r][v], w, x[r], lane);         \
        }                                                                       \
    }
            BYTE_LANE(0)
            BYTE_LANE(1)
            BYTE_LANE(2)
            BYTE_LANE(3)
#undef BYTE_LANE
        }
        if (next.start) next.start += next.step;
        input += C4B_BYTE_DEPTH;
        weight += BYTE_PANEL_BYTES;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < BYTE_VECTORS; v++) {
            vst1q_s32(sums + r * C4B_BYTE_PANEL + 4 * v, totals[r][v]);
        }
    }
}

static void multiply_bytes(const c4b_byte_job *job, size_t row, size_t rows, const int8_t *weight,
                           ahead next, int32_t *sums) {
    const uint8_t *const input = job->input + row * job->input_stride;
    const size_t panel = (size_t)(weight - job->weight) / (job->depth_tiles * BYTE_PANEL_BYTES);
    const int32_t *const weight_sums = job->weight_columns.sums + panel * C4B_BYTE_PANEL;
    for (size_t output = 0; output < C4B_BYTE_PANEL; output += C4B_BYTE_OUTPUTS) {
        // Constants, so that the sums stay in registers.
#define BYTE_ROWS(count)                                                                         \
    case count:                                                                                  \
        multiply_byte_tiles(input, job->input_stride,                                            \
                            weight + output / C4B_BYTE_OUTPUTS * C4B_BYTE_TILE,                  \
                            weight_sums + output, job->depth_tiles, count, next, sums + output); \
        break;
        switch (rows) {
            BYTE_ROWS(1)
            BYTE_ROWS(2)
            BYTE_ROWS(3)
            BYTE_ROWS(4)
            default:
                break;
        }
#undef BYTE_ROWS
        next = NOTHING_AHEAD;
    }
}
