// Scaled dot-product attention (Vaswani et al., 2017) over one sequence, a head at a time.
//
// For each head the keys are transposed, in panels of PANEL tokens, and the values copied into
// scratch, padded to whole vectors; then TILE_ROWS queries at a time go through both products and
// the softmax between them, so the scores never leave the first-level cache. BLAS is no help at
// these sizes: a sequence of 43 tokens with heads of 64 is 0.2 MFLOP, less than a call costs.

static size_t attention_scratch(size_t length, size_t head_size) {
    return PANELS(length) * PANEL * head_size  // keys, transposed
           + length * PADDED(head_size)        // values
           + TILE_ROWS * PADDED(length)        // scores
           + TILE_ROWS * PADDED(head_size);    // queries
}

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

INLINE void store_head(float *out, const float *values, float scale, size_t head_size) {
    size_t d = 0;
    for (; d + WIDTH <= head_size; d += WIDTH) store(out + d, load(values + d) * splat(scale));
    for (; d < head_size; d++) out[d] = values[d] * scale;
}

/// - Parameter weigh: Makes weights of a row of scores, padded to whole vectors, and returns what to
///   divide their sum of values by. Gets `context`, the row's query and its head.
INLINE void attend(const c4b_attention_job *job, float *scratch,
                   float weigh(const void *context, size_t query, size_t head, float *scores,
                               size_t length),
                   const void *context) {
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

        transpose_to_panels(job->key + offset, job->key_stride, key_bias, length, head_size, keys);
        for (size_t j = 0; j < length; j++) {
            copy_row(job->value + j * job->value_stride + offset, value_bias, 1.0f, head_size,
                     values + j * padded_size);
        }

        for (size_t i = 0; i < job->queries; i += TILE_ROWS) {
            const size_t rows = job->queries - i < TILE_ROWS ? job->queries - i : TILE_ROWS;
            const size_t height = row_block_height(rows);
            for (size_t r = 0; r < height; r++) {
                // A last block that is not full repeats its last row; the copies are not stored.
                const size_t row = i + (r < rows ? r : rows - 1);
                copy_row(job->query + row * job->query_stride + offset, query_bias, job->scale,
                         head_size, queries + r * padded_size);
            }
            for (size_t j = 0; j < padded_length; j += PANEL) {
                const size_t columns = padded_length - j < PANEL ? padded_length - j : PANEL;
                row_block_product(queries, padded_size, keys + j * head_size, PANEL, scores + j,
                                  padded_length, head_size, columns, rows);
            }
            float sums_of_rows[TILE_ROWS];
            for (size_t r = 0; r < rows; r++) {
                sums_of_rows[r] = weigh(context, i + r, head, scores + r * padded_length, length);
            }
            // The queries have served; their place takes the result.
            row_block_product(scores, padded_length, values, padded_size, queries, padded_size,
                              length, padded_size, rows);
            for (size_t r = 0; r < rows; r++) {
                store_head(job->output + (i + r) * job->output_stride + offset,
                           queries + r * padded_size, 1.0f / sums_of_rows[r], head_size);
            }
        }
    }
}

INLINE float weigh_by_softmax(const void *context, size_t query, size_t head, float *scores,
                              size_t length) {
    (void)context, (void)query, (void)head;
    return exponentials(scores, length);
}

static void attention(const c4b_attention_job *job, float *scratch) {
    attend(job, scratch, weigh_by_softmax, NULL);
}
