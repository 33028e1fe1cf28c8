// A block of a product in tile registers, two tiles of rows by two of outputs. Compiled with the
// instructions of AMX and with their emulation: the file that includes this one defines
//
//     TILE_CONFIGURE(bytes)  TILE_RELEASE()  TILE_ZERO(tile)
//     TILE_LOAD(tile, base, stride)  TILE_STORE(tile, base, stride)  TILE_DOT(sum, input, weight)
//
// whose tiles are the constants 0 to 7.

#define ROW_STEP ((size_t)2 * C4B_TILE_ROWS)
#define GROUP ((size_t)2)
#define DEPTH_TILES ((size_t)16)       // a panel of 32 KB, in 48
#define CACHE_BYTES ((size_t)5 << 18)  // of 2 MB
#define CHUNK_ROWS ((size_t)512)
#define PREFETCHES 1

#include "tile_configuration.h"

#define BEGIN_TILES() TILE_CONFIGURE(&whole_tiles)
#define END_TILES() TILE_RELEASE()

#include "product_blocks.h"

enum { TILE_ROW_BYTES = C4B_TILE_DEPTH * sizeof(uint16_t) };

/// Sums in the tiles 0 to 3, inputs in 4 and 5, the weight in 6 and 7. A second tile of rows only where
/// there are rows for it.
INLINE void multiply_tiles(const uint16_t *x0, const uint16_t *x1, const uint16_t *w0,
                           const uint16_t *w1, size_t depth, int input_pieces, int weight_pieces,
                           bool two, bool begins, float *sums) {
    float *const lower = sums + C4B_TILE_ROWS * SUMS_STRIDE;
    const size_t stride = SUMS_STRIDE * sizeof(float);
    if (begins) {
        TILE_ZERO(0);
        TILE_ZERO(1);
        if (two) {
            TILE_ZERO(2);
            TILE_ZERO(3);
        }
    } else {
        TILE_LOAD(0, sums, stride);
        TILE_LOAD(1, sums + C4B_TILE_ROWS, stride);
        if (two) {
            TILE_LOAD(2, lower, stride);
            TILE_LOAD(3, lower + C4B_TILE_ROWS, stride);
        }
    }
#define MULTIPLY_ALL()     \
    TILE_DOT(0, 4, 6);     \
    TILE_DOT(1, 4, 7);     \
    if (two) {             \
        TILE_DOT(2, 5, 6); \
        TILE_DOT(3, 5, 7); \
    }
    for (size_t k = 0; k < depth; k++) {
        TILE_LOAD(6, w0, TILE_ROW_BYTES);
        TILE_LOAD(7, w1, TILE_ROW_BYTES);
        if (input_pieces == 2) {
            TILE_LOAD(4, x0 + C4B_TILE_NUMBERS, TILE_ROW_BYTES);
            if (two) TILE_LOAD(5, x1 + C4B_TILE_NUMBERS, TILE_ROW_BYTES);
            MULTIPLY_ALL()
        }
        TILE_LOAD(4, x0, TILE_ROW_BYTES);
        if (two) TILE_LOAD(5, x1, TILE_ROW_BYTES);
        MULTIPLY_ALL()
        if (weight_pieces == 2) {
            TILE_LOAD(6, w0 + C4B_TILE_NUMBERS, TILE_ROW_BYTES);
            TILE_LOAD(7, w1 + C4B_TILE_NUMBERS, TILE_ROW_BYTES);
            MULTIPLY_ALL()
        }
        x0 += input_pieces * C4B_TILE_NUMBERS;
        x1 += input_pieces * C4B_TILE_NUMBERS;
        w0 += weight_pieces * C4B_TILE_NUMBERS;
        w1 += weight_pieces * C4B_TILE_NUMBERS;
    }
#undef MULTIPLY_ALL
    TILE_STORE(0, sums, stride);
    TILE_STORE(1, sums + C4B_TILE_ROWS, stride);
    if (two) {
        TILE_STORE(2, lower, stride);
        TILE_STORE(3, lower + C4B_TILE_ROWS, stride);
    }
}

/// `blocks` is 2: a weight has an even number of tile rows, and no share of one begins between two.
static void multiply_block(const c4b_product_job *job, size_t row, size_t rows, size_t block,
                           size_t blocks, size_t depth_begin, size_t depth_end, ahead next,
                           float *sums) {
    (void)blocks, (void)next;
    const size_t input_tile = (size_t)job->input_pieces * C4B_TILE_NUMBERS;
    const size_t weight_tile = (size_t)job->weight_pieces * C4B_TILE_NUMBERS;
    const uint16_t *const x0 =
        job->input + (row / C4B_TILE_ROWS * job->depth_tiles + depth_begin) * input_tile;
    const uint16_t *const w0 = job->weight + (block * job->depth_tiles + depth_begin) * weight_tile;
    const uint16_t *const w1 = w0 + job->depth_tiles * weight_tile;
    const bool two = rows > C4B_TILE_ROWS;
    const uint16_t *const x1 = two ? x0 + job->depth_tiles * input_tile : x0;
    const size_t depth = depth_end - depth_begin;
    const bool begins = depth_begin == 0;
    // Constants, so that the loop has no branches.
#define EACH_PIECES(two)                                                \
    if (job->input_pieces == 1) {                                       \
        multiply_tiles(x0, x1, w0, w1, depth, 1, 1, two, begins, sums); \
    } else if (job->weight_pieces == 1) {                               \
        multiply_tiles(x0, x1, w0, w1, depth, 2, 1, two, begins, sums); \
    } else {                                                            \
        multiply_tiles(x0, x1, w0, w1, depth, 2, 2, two, begins, sums); \
    }
    if (two) {
        EACH_PIECES(true)
    } else {
        EACH_PIECES(false)
    }
#undef EACH_PIECES
}
