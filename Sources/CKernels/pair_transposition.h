// 16 rows of 16 pairs of bfloat16 numbers become 16 rows of the pairs of one place: what lies between the
// rows of a matrix and the tiles of a weight.

enum { PAIRS = C4B_TILE_DEPTH / 2 };

// Of two vectors, in each part of 128 bits: their lower or upper halves, in turn by one pair or by two.
#if WIDTH == 16
#define LOWER_ONES(a, b) \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define UPPER_ONES(a, b) \
    __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOWER_TWOS(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define UPPER_TWOS(a, b) \
    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define EVEN_FOURS(a, b) \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_FOURS(a, b) \
    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#elif WIDTH == 8
#define LOWER_ONES(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define UPPER_ONES(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOWER_TWOS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define UPPER_TWOS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define EVEN_FOURS(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define ODD_FOURS(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define LOWER_ONES(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UPPER_ONES(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOWER_TWOS(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define UPPER_TWOS(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif

/// WIDTH rows of WIDTH pairs; both matrices have rows of PAIRS.
INLINE void transpose_block(const uint32_t *pairs, uint32_t *out) {
    uvec rows[WIDTH];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < WIDTH; i++) memcpy(&rows[i], pairs + i * PAIRS, sizeof *rows);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < WIDTH; i += 4) {
        const uvec low01 = LOWER_ONES(rows[i], rows[i + 1]);
        const uvec high01 = UPPER_ONES(rows[i], rows[i + 1]);
        const uvec low23 = LOWER_ONES(rows[i + 2], rows[i + 3]);
        const uvec high23 = UPPER_ONES(rows[i + 2], rows[i + 3]);
        rows[i] = LOWER_TWOS(low01, low23);
        rows[i + 1] = UPPER_TWOS(low01, low23);
        rows[i + 2] = LOWER_TWOS(high01, high23);
        rows[i + 3] = UPPER_TWOS(high01, high23);
    }
    // Part p of rows[i + c] is now column 4 p + c of the rows i to i + 3.
#pragma clang loop unroll(full)
    for (size_t c = 0; c < 4; c++) {
        uvec columns[WIDTH / 4];
#if WIDTH == 16
        const uvec even0 = EVEN_FOURS(rows[c], rows[4 + c]), odd0 = ODD_FOURS(rows[c], rows[4 + c]);
        const uvec even1 = EVEN_FOURS(rows[8 + c], rows[12 + c]);
        const uvec odd1 = ODD_FOURS(rows[8 + c], rows[12 + c]);
        columns[0] = EVEN_FOURS(even0, even1);
        columns[1] = EVEN_FOURS(odd0, odd1);
        columns[2] = ODD_FOURS(even0, even1);
        columns[3] = ODD_FOURS(odd0, odd1);
#elif WIDTH == 8
        columns[0] = EVEN_FOURS(rows[c], rows[4 + c]);
        columns[1] = ODD_FOURS(rows[c], rows[4 + c]);
#else
        columns[0] = rows[c];
#endif
        for (size_t p = 0; p < WIDTH / 4; p++) {
            memcpy(out + (4 * p + c) * PAIRS, &columns[p], sizeof *columns);
        }
    }
}

INLINE void transpose_pairs(const uint32_t *pairs, uint32_t *out) {
    for (size_t i = 0; i < PAIRS; i += WIDTH) {
        for (size_t j = 0; j < PAIRS; j += WIDTH) {
            transpose_block(pairs + i * PAIRS + j, out + j * PAIRS + i);
        }
    }
}
