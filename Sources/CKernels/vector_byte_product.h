// Sums of products of bytes in vector registers: ROW_STEP rows by BYTE_VECTORS vectors of outputs. The file
// that includes this one defines these, WIDTH, the outputs of a vector, and
//
//     byte_operand(quads)            a vector of quads of weights, ready for multiplying
//     byte_splat(quad)               a quad of a row, the same in each lane
//     multiply_quads(x, w, sum)      adds the products of each lane's four numbers

#define BEGIN_TILES()  // for processors that have tiles
#define END_TILES()

#include "byte_product.h"

/// `weight`: the first of BYTE_VECTORS vectors of outputs in the first tiles.
INLINE void multiply_byte_vectors(const uint8_t *input, size_t stride, const int8_t *weight,
                                  size_t depth_tiles, int rows, ahead next, int32_t *sums) {
    sum_vec totals[ROW_STEP][BYTE_VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < BYTE_VECTORS; v++) totals[r][v] = (sum_vec){0};
    }
    for (size_t k = 0; k < depth_tiles; k++) {
#pragma clang loop unroll_count(2)
        for (size_t quad = 0; quad < C4B_BYTE_DEPTH / 4; quad++) {
            if (next.start) {
                __builtin_prefetch(next.start + quad * next.step / (C4B_BYTE_DEPTH / 4), 0, 2);
            }
            byte_weights w[BYTE_VECTORS];
#pragma clang loop unroll(full)
            for (int v = 0; v < BYTE_VECTORS; v++) {
                const size_t output = (size_t)v * BYTE_WIDTH;
                w[v] = byte_operand(weight + output / C4B_BYTE_OUTPUTS * C4B_BYTE_TILE +
                                    output % C4B_BYTE_OUTPUTS * 4 + quad * 4 * C4B_BYTE_OUTPUTS);
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const byte_inputs x = byte_splat(input + (size_t)r * stride + quad * 4);
#pragma clang loop unroll(full)
                for (int v = 0; v < BYTE_VECTORS; v++) {
                    totals[r][v] = multiply_quads(x, w[v], totals[r][v]);
                }
            }
        }
        if (next.start) next.start += next.step;
        input += C4B_BYTE_DEPTH;
        weight += BYTE_PANEL_BYTES;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < BYTE_VECTORS; v++) {
            memcpy(sums + r * C4B_BYTE_PANEL + v * BYTE_WIDTH, &totals[r][v], sizeof(sum_vec));
        }
    }
}

static void multiply_bytes(const c4b_byte_job *job, size_t row, size_t rows, const int8_t *weight,
                           ahead next, int32_t *sums) {
    const uint8_t *const input = job->input + row * job->input_stride;
    for (size_t output = 0; output < C4B_BYTE_PANEL; output += BYTE_VECTORS * BYTE_WIDTH) {
        const int8_t *const place =
            weight + output / C4B_BYTE_OUTPUTS * C4B_BYTE_TILE + output % C4B_BYTE_OUTPUTS * 4;
        // Constants, so that the sums stay in registers.
#define BYTE_ROWS(count)                                                                      \
    case count:                                                                               \
        multiply_byte_vectors(input, job->input_stride, place, job->depth_tiles, count, next, \
                              sums + output);                                                 \
        break;
        switch (rows) {
            BYTE_ROWS(1)
            BYTE_ROWS(2)
            BYTE_ROWS(3)
            BYTE_ROWS(4)
#if ROW_STEP > 4
            BYTE_ROWS(5)
            BYTE_ROWS(6)
#endif
            default:
                break;
        }
#undef BYTE_ROWS
        next = NOTHING_AHEAD;
    }
}
