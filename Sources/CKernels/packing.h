// Activations and weights as bfloat16 numbers, in the tiles of products.h.

/// `count` numbers, at most 32, and zeros behind them to one row of a tile.
INLINE void pack_tile_row(const float *x, size_t count, int pieces, uint16_t *out) {
    for (size_t i = 0; i < C4B_TILE_DEPTH; i += WIDTH) {
        vec y = splat(0.0f);
        if (i + WIDTH <= count) {
            y = load(x + i);
        } else if (i < count) {
            y = load_partial(x + i, count - i);
        }
        store_pieces(y, pieces, out + i);
    }
}

static void pack_rows(const float *x, size_t stride, size_t rows, size_t columns, int pieces,
                      uint16_t *out) {
    const size_t tiles = (columns + C4B_TILE_DEPTH - 1) / C4B_TILE_DEPTH;
    const size_t tile = (size_t)pieces * C4B_TILE_NUMBERS;
    const size_t padded_rows = (rows + C4B_TILE_ROWS - 1) / C4B_TILE_ROWS * C4B_TILE_ROWS;
    for (size_t row = 0; row < padded_rows; row++) {
        uint16_t *const first =
            out + row / C4B_TILE_ROWS * tiles * tile + row % C4B_TILE_ROWS * C4B_TILE_DEPTH;
        for (size_t k = 0; k < tiles; k++) {
            const size_t column = k * C4B_TILE_DEPTH;
            size_t count = columns - column;
            if (count > C4B_TILE_DEPTH) count = C4B_TILE_DEPTH;
            if (row >= rows) count = 0;
            const float *const source = count ? x + row * stride + column : x;
            if (pieces == 2) {
                pack_tile_row(source, count, 2, first + k * tile);
            } else {
                pack_tile_row(source, count, 1, first + k * tile);
            }
        }
    }
}

static void pack_weight(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                        int pieces, size_t begin, size_t end, uint16_t *out) {
    const size_t tiles = (inputs + C4B_TILE_DEPTH - 1) / C4B_TILE_DEPTH;
    const size_t tile = (size_t)pieces * C4B_TILE_NUMBERS;
    const size_t size = element == C4B_FLOAT32 ? 4 : 2;
    // A tile before its pairs are transposed: the rows of 16 outputs, high and low pieces.
    uint16_t rows[2 * C4B_TILE_NUMBERS] __attribute__((aligned(64)));
    float wide[C4B_TILE_DEPTH];
    for (size_t block = begin; block < end; block++) {
        for (size_t k = 0; k < tiles; k++) {
            const size_t column = k * C4B_TILE_DEPTH;
            const size_t count =
                inputs - column < C4B_TILE_DEPTH ? inputs - column : C4B_TILE_DEPTH;
            for (size_t r = 0; r < C4B_TILE_ROWS; r++) {
                const size_t row = block * C4B_TILE_ROWS + r;
                const size_t present = row < outputs ? count : 0;
                if (present) {
                    widen(element, (const char *)weight + (row * inputs + column) * size, wide,
                          present);
                }
                pack_tile_row(wide, present, pieces, rows + r * C4B_TILE_DEPTH);
            }
            for (size_t piece = 0; piece < (size_t)pieces; piece++) {
                uint16_t *const target =
                    out + (block * tiles + k) * tile + piece * C4B_TILE_NUMBERS;
                transpose_pairs((const uint32_t *)(const void *)(rows + piece * C4B_TILE_NUMBERS),
                                (uint32_t *)(void *)target);
            }
        }
    }
}
