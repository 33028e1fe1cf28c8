// Products of bfloat16 numbers where the processor has no instruction for them: a pair is widened to
// two single-precision numbers.

#define VECTORS TILE_VECTORS
#define ROW_STEP (TILE_ROWS < 8 ? 4 : 8)  // a part of a tile's 16 rows
#define GROUP (VECTORS * WIDTH < C4B_TILE_ROWS ? 1 : VECTORS * WIDTH / C4B_TILE_ROWS)
#define DEPTH_TILES WHOLE_DEPTH
#define CACHE_BYTES ((size_t)512 << 10)
#define CHUNK_ROWS ROW_STEP
#define PREFETCHES 0

INLINE vec multiply_pairs(uvec x, uvec y, vec sum) {
    sum = (vec)(x << 16) * (vec)(y << 16) + sum;
    return (vec)(x & 0xFFFF0000u) * (vec)(y & 0xFFFF0000u) + sum;
}

#include "vector_product.h"
