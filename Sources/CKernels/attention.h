// Scaled dot-product attention (Vaswani et al., 2017) over one sequence, a head at a time.
//
// For each head the keys are transposed and the values copied into scratch, padded to whole
// vectors; then TILE_ROWS queries at a time go through both products and the softmax between them,
// so the scores never leave the first-level cache. BLAS is no help at these sizes: a sequence of 43
// tokens with heads of 64 is 0.2 MFLOP, less than a call costs.

#define PADDED(n) (((n) + WIDTH - 1) / WIDTH * WIDTH)

static size_t attention_scratch(size_t length, size_t head_size) {
    return PADDED(length) * head_size            // keys, transposed
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
    size_t j = 0;
    for (; j + TILE_VECTORS * WIDTH <= columns; j += TILE_VECTORS * WIDTH) {
        tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, TILE_VECTORS);
    }
#if TILE_VECTORS > 2
    if (j + 2 * WIDTH <= columns) {
        tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, 2);
        j += 2 * WIDTH;
    }
#endif
    if (j < columns) tile_product(a, a_stride, b + j, b_stride, out + j, out_stride, depth, 1);
}

INLINE float bias_at(const float *bias, size_t i) { return bias ? bias[i] : 0.0f; }

typedef float quad __attribute__((ext_vector_type(4)));
typedef quad unaligned_quad __attribute__((aligned(4)));

/// out[d][j] = keys[j][d] + bias[d], with zeros for j from `length` up to `out_stride`.
static void transpose_keys(const float *keys, size_t stride, const float *bias, size_t length,
                           size_t head_size, float *out, size_t out_stride) {
    const size_t whole_rows = length - length % 4, whole_columns = head_size - head_size % 4;
    for (size_t j = 0; j < whole_rows; j += 4) {
        const float *const rows = keys + j * stride;
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
            float *const column = out + d * out_stride + j;
            *(unaligned_quad *)column = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
            *(unaligned_quad *)(column + out_stride) =
                __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
            *(unaligned_quad *)(column + 2 * out_stride) =
                __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
            *(unaligned_quad *)(column + 3 * out_stride) =
                __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
        }
        for (size_t d = whole_columns; d < head_size; d++) {
            for (size_t r = 0; r < 4; r++) {
                out[d * out_stride + j + r] = rows[r * stride + d] + bias_at(bias, d);
            }
        }
    }
    for (size_t d = 0; d < head_size; d++) {
        for (size_t j = whole_rows; j < length; j++) {
            out[d * out_stride + j] = keys[j * stride + d] + bias_at(bias, d);
        }
        for (size_t j = length; j < out_stride; j++) out[d * out_stride + j] = 0.0f;
    }
}

static void attention(const c4b_attention_job *job, float *scratch) {
    const size_t length = job->length, head_size = job->head_size;
    const size_t padded_length = PADDED(length), padded_size = PADDED(head_size);
    float *const keys = scratch;
    float *const values = keys + padded_length * head_size;
    float *const scores = values + length * padded_size;
    float *const queries = scores + TILE_ROWS * padded_length;

    for (size_t head = job->head_begin; head < job->head_end; head++) {
        const size_t offset = head * head_size;
        const float *const query_bias = job->query_bias ? job->query_bias + offset : NULL;
        const float *const key_bias = job->key_bias ? job->key_bias + offset : NULL;
        const float *const value_bias = job->value_bias ? job->value_bias + offset : NULL;

        transpose_keys(job->key + offset, job->key_stride, key_bias, length, head_size, keys,
                       padded_length);
        for (size_t j = 0; j < length; j++) {
            const float *const value = job->value + j * job->value_stride + offset;
            float *const copy = values + j * padded_size;
            for (size_t d = 0; d < head_size; d++) copy[d] = value[d] + bias_at(value_bias, d);
            for (size_t d = head_size; d < padded_size; d++) copy[d] = 0.0f;
        }

        for (size_t i = 0; i < job->queries; i += TILE_ROWS) {
            const size_t rows = job->queries - i < TILE_ROWS ? job->queries - i : TILE_ROWS;
            for (size_t r = 0; r < TILE_ROWS; r++) {
                // A last block that is not full repeats its last row; the copies are not stored.
                const size_t row = i + (r < rows ? r : rows - 1);
                const float *const query = job->query + row * job->query_stride + offset;
                for (size_t d = 0; d < head_size; d++) {
                    queries[r * padded_size + d] = (query[d] + bias_at(query_bias, d)) * job->scale;
                }
            }
            row_block_product(queries, padded_size, keys, padded_length, scores, padded_length,
                              head_size, padded_length);
            float inverse[TILE_ROWS];
            for (size_t r = 0; r < TILE_ROWS; r++) {
                inverse[r] = 1.0f / exponentials(scores + r * padded_length, length);
            }
            // The queries have served; their place takes the result.
            row_block_product(scores, padded_length, values, padded_size, queries, padded_size,
                              length, padded_size);
            for (size_t r = 0; r < rows; r++) {
                float *const out = job->output + (i + r) * job->output_stride + offset;
                for (size_t d = 0; d < head_size; d++) {
                    out[d] = queries[r * padded_size + d] * inverse[r];
                }
            }
        }
    }
}
