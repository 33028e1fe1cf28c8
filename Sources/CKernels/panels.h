// Products of rows with a matrix that lies in panels: PANEL columns side by side, row after row, so
// that a tile of the result reads it from one end to the other.
//
// TILE_ROWS rows times TILE_VECTORS vectors of the result stay in registers while both operands go
// by: as many as the instruction set has room for.

#define PADDED(n) (((n) + WIDTH - 1) / WIDTH * WIDTH)
// A panel is contiguous: rows of a whole matrix would lie a power of two apart, and evict each other.
#define PANEL ((size_t)TILE_VECTORS * WIDTH)
#define PANELS(length) (((length) + PANEL - 1) / PANEL)

/// out[r][0 ..< vectors * WIDTH] = sum over k of a[r][k] * b[k][...], for `rows` rows; added to what
/// is there where `adds`.
INLINE void tile_product(const float *a, size_t a_stride, const float *b, size_t b_stride,
                         float *out, size_t out_stride, size_t depth, bool adds, int rows,
                         int vectors, ahead next) {
    vec sums[TILE_ROWS][TILE_VECTORS];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            sums[r][v] =
                adds ? load(out + (size_t)r * out_stride + (size_t)v * WIDTH) : splat(0.0f);
        }
    }
    for (size_t k = 0; k < depth; k++) {
        if (next.start) __builtin_prefetch(next.start + k * next.step, 0, 2);
        vec row[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) row[v] = load(b + k * b_stride + (size_t)v * WIDTH);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const vec x = splat(a[(size_t)r * a_stride + k]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = x * row[v] + sums[r][v];
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            store(out + (size_t)r * out_stride + (size_t)v * WIDTH, sums[r][v]);
        }
    }
}

INLINE void row_block(const float *a, size_t a_stride, const float *b, size_t b_stride, float *out,
                      size_t out_stride, size_t depth, size_t columns, int rows) {
    for (size_t j = 0; j < columns;) {
        const size_t vectors = (columns - j) / WIDTH;
        int taken = 1;
#if TILE_VECTORS > 2
        // Four vectors go as two and two: a tile of one vector waits for its operands.
        if (vectors == 3 || vectors > 4) {
            taken = 3;
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, false, rows, 3,
                         NOTHING_AHEAD);
        } else
#endif
            if (vectors >= 2) {
            taken = 2;
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, false, rows, 2,
                         NOTHING_AHEAD);
        } else {
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, false, rows, 1,
                         NOTHING_AHEAD);
        }
        j += (size_t)taken * WIDTH;
    }
}

/// How many rows row_block_product computes for `rows`.
INLINE size_t row_block_height(size_t rows) {
    return rows == 1 ? 1 : rows <= TILE_ROWS / 2 ? TILE_ROWS / 2 : TILE_ROWS;
}

/// The product of up to TILE_ROWS rows with a matrix of `columns` columns, a multiple of WIDTH.
static void row_block_product(const float *a, size_t a_stride, const float *b, size_t b_stride,
                              float *out, size_t out_stride, size_t depth, size_t columns,
                              size_t rows) {
    switch (row_block_height(rows)) {
        case 1:
            row_block(a, a_stride, b, b_stride, out, out_stride, depth, columns, 1);
            break;
        case TILE_ROWS / 2:
            row_block(a, a_stride, b, b_stride, out, out_stride, depth, columns, TILE_ROWS / 2);
            break;
        default:
            row_block(a, a_stride, b, b_stride, out, out_stride, depth, columns, TILE_ROWS);
    }
}

INLINE float bias_at(const float *bias, size_t i) { return bias ? bias[i] : 0.0f; }

typedef vec4 quad;
typedef quad unaligned_quad __attribute__((aligned(4)));

/// out[panel][d][j] = rows[panel * PANEL + j][d] + bias[d], with zeros behind the last row.
static void transpose_to_panels(const float *matrix, size_t stride, const float *bias,
                                size_t row_count, size_t columns, float *out) {
    const size_t whole_columns = columns - columns % 4;
    for (size_t first = 0; first < row_count; first += PANEL, out += PANEL * columns) {
        const size_t count = row_count - first < PANEL ? row_count - first : PANEL;
        const size_t whole_rows = count - count % 4;
        for (size_t j = 0; j < whole_rows; j += 4) {
            const float *const rows = matrix + (first + j) * stride;
            for (size_t d = 0; d < whole_columns; d += 4) {
                const quad b = bias ? *(const unaligned_quad *)(bias + d) : (quad)(0.0f);
                const quad r0 = *(const unaligned_quad *)(rows + d) + b;
                const quad r1 = *(const unaligned_quad *)(rows + stride + d) + b;
                const quad r2 = *(const unaligned_quad *)(rows + 2 * stride + d) + b;
                const quad r3 = *(const unaligned_quad *)(rows + 3 * stride + d) + b;
                const quad low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
                const quad high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
                const quad low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
                const quad high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
                float *const column = out + d * PANEL + j;
                *(unaligned_quad *)column = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
                *(unaligned_quad *)(column + PANEL) =
                    __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
                *(unaligned_quad *)(column + 2 * PANEL) =
                    __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
                *(unaligned_quad *)(column + 3 * PANEL) =
                    __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
            }
            for (size_t d = whole_columns; d < columns; d++) {
                for (size_t r = 0; r < 4; r++) {
                    out[d * PANEL + j + r] = rows[r * stride + d] + bias_at(bias, d);
                }
            }
        }
        for (size_t d = 0; d < columns; d++) {
            for (size_t j = whole_rows; j < count; j++) {
                out[d * PANEL + j] = matrix[(first + j) * stride + d] + bias_at(bias, d);
            }
            for (size_t j = count; j < PADDED(count); j++) out[d * PANEL + j] = 0.0f;
        }
    }
}
