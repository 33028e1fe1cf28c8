// A block of a product in vector registers: ROW_STEP rows by up to VECTORS vectors of outputs. The file
// that includes this one defines these, and
//
//     multiply_pairs(x, y, sum)
//
// which adds the product of a pair of inputs, the same in each lane, with a vector of pairs; and
// HIDE_SPLAT(x) where the compiler must not know that all lanes are the same.

#define BEGIN_TILES()  // for processors that have tiles
#define END_TILES()

#include "product_blocks.h"

typedef uvec unaligned_uvec __attribute__((aligned(4)));

INLINE uvec load_pairs(const uint16_t *p) { return *(const unaligned_uvec *)(const void *)p; }

INLINE uvec splat_pair(const uint16_t *p) {
    uint32_t pair;
    memcpy(&pair, p, sizeof pair);
    uvec splat = (uvec)(pair);
#ifdef HIDE_SPLAT
    HIDE_SPLAT(splat);
#endif
    return splat;
}

/// `input`: the first row at the first depth; `weight`: for each vector its pairs there.
INLINE void multiply_vectors(const uint16_t *input, const uint16_t *const *weight, size_t depth,
                             int input_pieces, int weight_pieces, int rows, int vectors,
                             bool begins, ahead next, float *sums) {
    vec totals[ROW_STEP][VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            totals[r][v] =
                begins ? splat(0.0f) : load(sums + (size_t)r * SUMS_STRIDE + (size_t)v * WIDTH);
        }
    }
    const uint16_t *w[VECTORS];
    for (int v = 0; v < vectors; v++) w[v] = weight[v];
    for (size_t k = 0; k < depth; k++) {
#pragma clang loop unroll_count(2)
        for (size_t pair = 0; pair < C4B_TILE_DEPTH; pair += 2) {
            if (next.start) {
                __builtin_prefetch(next.start + pair * next.step / C4B_TILE_DEPTH, 0, 2);
            }
            uvec high[VECTORS], low[VECTORS];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) {
                high[v] = load_pairs(w[v] + pair * C4B_TILE_ROWS);
                if (weight_pieces == 2) {
                    low[v] = load_pairs(w[v] + C4B_TILE_NUMBERS + pair * C4B_TILE_ROWS);
                }
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const uint16_t *const x = input + r * C4B_TILE_DEPTH + pair;
                const uvec x_high = splat_pair(x);
                if (input_pieces == 2) {
                    const uvec x_low = splat_pair(x + C4B_TILE_NUMBERS);
#pragma clang loop unroll(full)
                    for (int v = 0; v < vectors; v++) {
                        totals[r][v] = multiply_pairs(x_low, high[v], totals[r][v]);
                    }
                }
                if (weight_pieces == 2) {
#pragma clang loop unroll(full)
                    for (int v = 0; v < vectors; v++) {
                        totals[r][v] = multiply_pairs(x_high, low[v], totals[r][v]);
                    }
                }
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) {
                    totals[r][v] = multiply_pairs(x_high, high[v], totals[r][v]);
                }
            }
        }
        if (next.start) next.start += next.step;
        input += input_pieces * C4B_TILE_NUMBERS;
        for (int v = 0; v < vectors; v++) w[v] += weight_pieces * C4B_TILE_NUMBERS;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            store(sums + (size_t)r * SUMS_STRIDE + (size_t)v * WIDTH, totals[r][v]);
        }
    }
}

// Constants for what the inner loop is unrolled by.
#define EACH_PIECES(rows, vectors)                                                       \
    if (input_pieces == 1) {                                                             \
        multiply_vectors(input, weight, depth, 1, 1, rows, vectors, begins, next, sums); \
    } else if (weight_pieces == 1) {                                                     \
        multiply_vectors(input, weight, depth, 2, 1, rows, vectors, begins, next, sums); \
    } else {                                                                             \
        multiply_vectors(input, weight, depth, 2, 2, rows, vectors, begins, next, sums); \
    }

#define EACH_ROWS(vectors)                 \
    if (rows == 1) {                       \
        EACH_PIECES(1, vectors)            \
    } else if (rows <= ROW_STEP / 2) {     \
        EACH_PIECES(ROW_STEP / 2, vectors) \
    } else {                               \
        EACH_PIECES(ROW_STEP, vectors)     \
    }

/// Rows up to the next half of ROW_STEP are computed: they are there, in the tile and in `sums`.
static void multiply_block(const c4b_product_job *job, size_t row, size_t rows, size_t block,
                           size_t blocks, size_t depth_begin, size_t depth_end, ahead next,
                           float *sums) {
    const int input_pieces = job->input_pieces, weight_pieces = job->weight_pieces;
    const size_t input_tile = (size_t)input_pieces * C4B_TILE_NUMBERS;
    const size_t weight_tile = (size_t)weight_pieces * C4B_TILE_NUMBERS;
    const uint16_t *const input =
        job->input + (row / C4B_TILE_ROWS * job->depth_tiles + depth_begin) * input_tile +
        row % C4B_TILE_ROWS * C4B_TILE_DEPTH;
    const size_t depth = depth_end - depth_begin;
    const bool begins = depth_begin == 0;
    const size_t all = blocks * C4B_TILE_ROWS / WIDTH;
    for (size_t first = 0; first < all; first += VECTORS, sums += VECTORS * WIDTH) {
        const size_t vectors = all - first < VECTORS ? all - first : VECTORS;
        const uint16_t *weight[VECTORS];
        for (size_t v = 0; v < vectors; v++) {
            const size_t column = (first + v) * WIDTH;
            weight[v] =
                job->weight +
                ((block + column / C4B_TILE_ROWS) * job->depth_tiles + depth_begin) * weight_tile +
                column % C4B_TILE_ROWS * 2;
        }
        switch (vectors) {
            case 1:
                EACH_ROWS(1) break;
            case 2:
                EACH_ROWS(2) break;
#if VECTORS > 2
            default:
                EACH_ROWS(3) break;
#endif
        }
        next = NOTHING_AHEAD;
    }
}

#undef EACH_ROWS
#undef EACH_PIECES
