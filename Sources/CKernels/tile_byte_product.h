// A block of a product of bytes in AMX's tiles, two by two. The file that includes this one defines
// TILE_CONFIGURE, TILE_RELEASE, TILE_ZERO, TILE_LOAD, TILE_STORE and TILE_DOT_BYTES, which take tile
// numbers as the constants 0 to 7.

#define ROW_STEP ((size_t)32)
#define BEGIN_TILES() TILE_CONFIGURE(&whole_tiles)
#define END_TILES() TILE_RELEASE()

#include "tile_configuration.h"

#include "byte_product.h"

/// Sums in the tiles 0 to 3, inputs in 4 and 5, the weight in 6 and 7. A second tile of rows only where
/// there are rows for it. The rows that fill up the last tile are there, whatever is in them.
INLINE void multiply_byte_tiles(const uint8_t *input, size_t stride, const int8_t *weight,
                                size_t depth_tiles, bool two, int32_t *sums) {
    const size_t sums_stride = C4B_BYTE_PANEL * sizeof(int32_t);
    int32_t *const lower = sums + 16 * C4B_BYTE_PANEL;
    TILE_ZERO(0);
    TILE_ZERO(1);
    if (two) {
        TILE_ZERO(2);
        TILE_ZERO(3);
    }
    for (size_t k = 0; k < depth_tiles; k++) {
        TILE_LOAD(6, weight, C4B_BYTE_DEPTH);
        TILE_LOAD(7, weight + C4B_BYTE_TILE, C4B_BYTE_DEPTH);
        TILE_LOAD(4, input, stride);
        if (two) TILE_LOAD(5, input + 16 * stride, stride);
        TILE_DOT_BYTES(0, 4, 6);
        TILE_DOT_BYTES(1, 4, 7);
        if (two) {
            TILE_DOT_BYTES(2, 5, 6);
            TILE_DOT_BYTES(3, 5, 7);
        }
        input += C4B_BYTE_DEPTH;
        weight += BYTE_PANEL_BYTES;
    }
    TILE_STORE(0, sums, sums_stride);
    TILE_STORE(1, sums + C4B_BYTE_OUTPUTS, sums_stride);
    if (two) {
        TILE_STORE(2, lower, sums_stride);
        TILE_STORE(3, lower + C4B_BYTE_OUTPUTS, sums_stride);
    }
}

static void multiply_bytes(const c4b_byte_job *job, size_t row, size_t rows, const int8_t *weight,
                           ahead next, int32_t *sums) {
    (void)next;
    const uint8_t *const input = job->input + row * job->input_stride;
    const size_t stride = job->input_stride, depth = job->depth_tiles;
    for (size_t half = 0; half < 2; half++) {
        int32_t *const place = sums + half * C4B_BYTE_PANEL / 2;
        if (rows > 16) {
            multiply_byte_tiles(input, stride, weight, depth, true, place);
        } else {
            multiply_byte_tiles(input, stride, weight, depth, false, place);
        }
        weight += 2 * C4B_BYTE_TILE;
    }
}
