// Both operands of a product in tiles of high and low pieces, for training, which multiplies matrices that
// are new each time, and their transposes.
//
// A tile is 16 lines, rows of the left operand or outputs of the right one, by 32 numbers along the depth:
// 16 by 16 pairs. The left operand's lie line by line, the right one's pair by pair of the depth.

/// A number as the sum of two of bfloat16, in the upper halves of 32 bits. Of two that are as near, the
/// larger one: to nearest even costs more, and the low piece takes what is left of either. What is not
/// finite becomes NaN; the lower halves may hold anything.
INLINE void split_pieces(vec x, uvec *high, uvec *low) {
    const uvec rounded = ((uvec)x + 0x8000) & 0xFFFF0000u;
    const vec rest = x - (vec)rounded;
    *high = (uvec)select_vec(rest == rest, (vec)rounded, rest);
    *low = (uvec)rest + 0x8000;
}

typedef uint16_t pair_halves __attribute__((ext_vector_type(2 * WIDTH)));

/// The pieces of 2 * WIDTH numbers, in their order.
INLINE uvec neighbouring_pairs(uvec a, uvec b) {
    pair_halves pairs;
    pairs.lo = ((pair_halves)a).odd;
    pairs.hi = ((pair_halves)b).odd;
    return (uvec)pairs;
}

/// Pairs of one number from each.
INLINE uvec pairs_of(uvec a, uvec b) { return a >> 16 | (b & 0xFFFF0000u); }

/// The pairs of lines that each lie along the depth, a line a row.
INLINE void pairs_along(const float *x, size_t stride, uint32_t *high, uint32_t *low) {
    for (size_t line = 0; line < C4B_TILE_ROWS; line++) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < C4B_TILE_DEPTH; i += 2 * WIDTH) {
            uvec high0, low0, high1, low1;
            split_pieces(load(x + line * stride + i), &high0, &low0);
            split_pieces(load(x + line * stride + i + WIDTH), &high1, &low1);
            const uvec highs = neighbouring_pairs(high0, high1);
            const uvec lows = neighbouring_pairs(low0, low1);
            memcpy(high + line * PAIRS + i / 2, &highs, sizeof highs);
            memcpy(low + line * PAIRS + i / 2, &lows, sizeof lows);
        }
    }
}

/// The pairs of lines that lie across the depth, a pair of the depth a row.
INLINE void pairs_across(const float *x, size_t stride, uint32_t *high, uint32_t *low) {
    for (size_t pair = 0; pair < PAIRS; pair++) {
        const float *const first = x + 2 * pair * stride;
#pragma clang loop unroll(full)
        for (size_t i = 0; i < C4B_TILE_ROWS; i += WIDTH) {
            uvec high0, low0, high1, low1;
            split_pieces(load(first + i), &high0, &low0);
            split_pieces(load(first + stride + i), &high1, &low1);
            const uvec highs = pairs_of(high0, high1);
            const uvec lows = pairs_of(low0, low1);
            memcpy(high + pair * PAIRS + i, &highs, sizeof highs);
            memcpy(low + pair * PAIRS + i, &lows, sizeof lows);
        }
    }
}

/// A tile of high pieces, and behind it that of the low ones.
INLINE void pack_tile(const float *x, size_t stride, bool across, bool by_depth, uint16_t *out) {
    uint32_t *const high = (uint32_t *)(void *)out, *const low = high + C4B_TILE_NUMBERS / 2;
    uint32_t pairs[2][C4B_TILE_NUMBERS / 2] __attribute__((aligned(64)));
    const bool turns = across != by_depth;
    if (across) {
        pairs_across(x, stride, turns ? pairs[0] : high, turns ? pairs[1] : low);
    } else {
        pairs_along(x, stride, turns ? pairs[0] : high, turns ? pairs[1] : low);
    }
    if (turns) {
        transpose_pairs(pairs[0], high);
        transpose_pairs(pairs[1], low);
    }
}

/// How much of `size` from `begin` on is there.
INLINE size_t part_of(size_t whole, size_t begin, size_t size) {
    const size_t rest = whole > begin ? whole - begin : 0;
    return rest < size ? rest : size;
}

/// `blocks` times 16 lines. `across`, that they lie across the rows of the matrix, and `by_depth`, that
/// their pairs are to, are constants.
INLINE void pack_operand(const float *x, size_t stride, bool across, bool by_depth, size_t lines,
                         size_t depth, size_t blocks, uint16_t *out) {
    const size_t tiles = (depth + C4B_TILE_DEPTH - 1) / C4B_TILE_DEPTH;
    const size_t height = across ? C4B_TILE_DEPTH : C4B_TILE_ROWS;
    const size_t width = across ? C4B_TILE_ROWS : C4B_TILE_DEPTH;
    const size_t tall = across ? tiles : blocks, wide = across ? blocks : tiles;
    // In the order in which the matrix lies in memory.
    for (size_t i = 0; i < tall; i++) {
        const size_t rows = part_of(across ? depth : lines, i * height, height);
        for (size_t j = 0; j < wide; j++) {
            const size_t columns = part_of(across ? lines : depth, j * width, width);
            const float *source = x + i * height * stride + j * width;
            size_t step = stride;
            float padded[C4B_TILE_NUMBERS] __attribute__((aligned(64)));
            if (rows < height || columns < width) {
                memset(padded, 0, sizeof padded);
                for (size_t r = 0; r < rows && columns > 0; r++) {
                    memcpy(padded + r * width, source + r * stride, columns * sizeof(float));
                }
                source = padded;
                step = width;
            }
            const size_t block = across ? j : i, place = across ? i : j;
            pack_tile(source, step, across, by_depth,
                      out + (block * tiles + place) * 2 * C4B_TILE_NUMBERS);
        }
    }
}

static void pack_left(const float *x, size_t stride, bool transposed, size_t rows, size_t depth,
                      uint16_t *out) {
    const size_t blocks = (rows + C4B_TILE_ROWS - 1) / C4B_TILE_ROWS;
    if (transposed) {
        pack_operand(x, stride, true, false, rows, depth, blocks, out);
    } else {
        pack_operand(x, stride, false, false, rows, depth, blocks, out);
    }
}

/// An even number of tile rows, as a weight has.
static void pack_right(const float *x, size_t stride, bool transposed, size_t outputs, size_t depth,
                       uint16_t *out) {
    const size_t blocks = (outputs + C4B_TILE_DEPTH - 1) / C4B_TILE_DEPTH * 2;
    if (transposed) {
        pack_operand(x, stride, true, true, outputs, depth, blocks, out);
    } else {
        pack_operand(x, stride, false, true, outputs, depth, blocks, out);
    }
}
