// Scaled dot-product attention (Vaswani et al., 2017) over one sequence, a head at a time.
//
// For each head the keys are transposed, in panels of PANEL tokens, and the values copied into
// scratch, padded to whole vectors; then TILE_ROWS queries at a time go through both products and the softmax between them,
// so the scores never leave the first-level cache. BLAS is no help at these sizes: a sequence of 43
// tokens with heads of 64 is 0.2 MFLOP, less than a call costs.

#define PADDED(n) (((n) + WIDTH - 1) / WIDTH * WIDTH)
// A panel is contiguous: rows of all tokens would lie a power of two apart, and evict each other.
#define PANEL ((size_t)TILE_VECTORS * WIDTH)
#define PANELS(length) (((length) + PANEL - 1) / PANEL)

static size_t attention_scratch(size_t length, size_t head_size) {
    return PANELS(length) * PANEL * head_size    // keys, transposed
           + length * PADDED(head_size)          // values
           + TILE_ROWS * PADDED(length)          // scores
           + TILE_ROWS * PADDED(head_size);      // queries
}

/// out[r][0 ..< vectors * WIDTH] = sum over k of a[r][k] * b[k][...], for TILE_ROWS rows.
INLINE void tile_product(const float *a, size_t a_stride, const float *b, size_t b_stride,
                         float *out, size_t out_stride, size_t depth, int vectors) {
    vec sums[TILE_ROWS][TILE_VECTORS];
    for (int r = 0; r < TILE_ROWS; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = splat(0.0f);
    }
    for (size_t k = 0; k < depth; k++) {
        vec row[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) row[v] = load(b + k * b_stride + (size_t)v * WIDTH);
#pragma clang loop unroll(full)
        for (int r = 0; r < TILE_ROWS; r++) {
            const vec x = splat(a[(size_t)r * a_stride + k]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = x * row[v] + sums[r][v];
        }
    }
    for (int r = 0; r < TILE_ROWS; r++) {
        for (int v = 0; v < vectors; v++) {
            store(out + (size_t)r * out_stride + (size_t)v * WIDTH, sums[r][v]);
        }
    }
}

/// The product of TILE_ROWS rows with a matrix of `columns` columns, a multiple of WIDTH.
static void row_block_product(const float *a, size_t a_stride, const float *b, size_t b_stride,
                              float *out, size_t out_stride, size_t depth, size_t columns) {
    for (size_t j = 0; j < columns;) {
        const size_t vectors = (columns - j) / WIDTH;
        int taken = 1;
#if TILE_VECTORS > 2
        // Four vectors go as two and two: a tile of one vector waits for its operands.
        if (vectors == 3 || vectors > 4) {
            taken = 3;
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, 3);
        } else
#endif
        if (vectors >= 2) {
            taken = 2;
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, 2);
        } else {
            tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, 1);
        }
        j += (size_t)taken * WIDTH;
    }
}

INLINE float bias_at(const float *bias, size_t i) { return bias ? bias[i] : 0.0f; }

/// out = (row + bias) * scale, with zeros up to a whole vector.
INLINE void copy_row(const float *row, const float *bias, float scale, size_t head_size,
                     float *out) {
    const size_t whole = head_size - head_size % WIDTH, rest = head_size % WIDTH;
    for (size_t d = 0; d < whole; d += WIDTH) {
        const vec b = bias ? load(bias + d) : splat(0.0f);
        store(out + d, (load(row + d) + b) * splat(scale));
    }
    if (rest) {
        const vec b = bias ? load_partial(bias + whole, rest) : splat(0.0f);
        store(out + whole, (load_partial(row + whole, rest) + b) * splat(scale));
    }
}

typedef vec4 quad;
typedef quad unaligned_quad __attribute__((aligned(4)));

/// out[panel][d][j] = keys[panel * PANEL + j][d] + bias[d], with zeros behind the last token.
static void transpose_keys(const float *keys, size_t stride, const float *bias, size_t length,
                           size_t head_size, float *out) {
    const size_t whole_columns = head_size - head_size % 4;
    for (size_t first = 0; first < length; first += PANEL, out += PANEL * head_size) {
        const size_t count = length - first < PANEL ? length - first : PANEL;
        const size_t whole_rows = count - count % 4;
        for (size_t j = 0; j < whole_rows; j += 4) {
            const float *const rows = keys + (first + j) * stride;
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
            for (size_t d = whole_columns; d < head_size; d++) {
                for (size_t r = 0; r < 4; r++) {
                    out[d * PANEL + j + r] = rows[r * stride + d] + bias_at(bias, d);
                }
            }
        }
        for (size_t d = 0; d < head_size; d++) {
            for (size_t j = whole_rows; j < count; j++) {
                out[d * PANEL + j] = keys[(first + j) * stride + d] + bias_at(bias, d);
            }
            for (size_t j = count; j < PADDED(count); j++) out[d * PANEL + j] = 0.0f;
        }
    }
}

static void attention(const c4b_attention_job *job, float *scratch) {
    const size_t length = job->length, head_size = job->head_size;
    const size_t padded_length = PADDED(length), padded_size = PADDED(head_size);
    float *const keys = scratch;
    float *const values = keys + PANELS(length) * PANEL * head_size;
    float *const scores = values + length * padded_size;
    float *const queries = scores + TILE_ROWS * padded_length;

    for (size_t head = job->head_begin; head < job->head_end; head++) {
        const size_t offset = head * head_size;
        const float *const query_bias = job->query_bias ? job->query_bias + offset : NULL;
        const float *const key_bias = job->key_bias ? job->key_bias + offset : NULL;
        const float *const value_bias = job->value_bias ? job->value_bias + offset : NULL;

        transpose_keys(job->key + offset, job->key_stride, key_bias, length, head_size, keys);
        for (size_t j = 0; j < length; j++) {
            copy_row(job->value + j * job->value_stride + offset, value_bias, 1.0f, head_size,
                     values + j * padded_size);
        }

        for (size_t i = 0; i < job->queries; i += TILE_ROWS) {
            const size_t rows = job->queries - i < TILE_ROWS ? job->queries - i : TILE_ROWS;
            for (size_t r = 0; r < TILE_ROWS; r++) {
                // A last block that is not full repeats its last row; the copies are not stored.
                const size_t row = i + (r < rows ? r : rows - 1);
                copy_row(job->query + row * job->query_stride + offset, query_bias, job->scale,
                         head_size, queries + r * padded_size);
            }
            for (size_t j = 0; j < padded_length; j += PANEL) {
                const size_t columns = padded_length - j < PANEL ? padded_length - j : PANEL;
                row_block_product(queries, padded_size, keys + j * head_size, PANEL, scores + j,
                                  padded_length, head_size, columns);
            }
            float inverse[TILE_ROWS];
            for (size_t r = 0; r < TILE_ROWS; r++) {
                inverse[r] = 1.0f / exponentials(scores + r * padded_length, length);
            }
            // The queries have served; their place takes the result.
            row_block_product(scores, padded_length, values, padded_size, queries, padded_size,
                              length, padded_size);
            for (size_t r = 0; r < rows; r++) {
                float *const out = job->output + (i + r) * job->output_stride + offset;
                const float *const sums = queries + r * padded_size;
                size_t d = 0;
                for (; d + WIDTH <= head_size; d += WIDTH) {
                    store(out + d, load(sums + d) * splat(inverse[r]));
                }
                for (; d < head_size; d++) out[d] = sums[d] * inverse[r];
            }
        }
    }
}
