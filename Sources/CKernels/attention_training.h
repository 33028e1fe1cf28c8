// Attention for training, and the way back through it. The probabilities are not stored: each row
// keeps the logarithm of its sum, from which they are computed again, as FlashAttention does (Dao et
// al., 2022). With scores s = q k, probabilities p = softmax(s), dropout factors f and the output
// o = (p f) v, the derivatives are
//     dv = (p f)ᵀ do,   ds = p (f (do vᵀ) - do oᵀ),   dq = ds k,   dk = dsᵀ q.

// Rows of queries that go back together: their sums over rows stay in registers for so long.
#define BLOCK_ROWS ((size_t)4 * TILE_ROWS)
#define TILED(n) (((n) + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS)

static size_t attention_training_scratch(size_t length, size_t head_size) {
    const size_t padded_size = PADDED(head_size);
    return 2 * PANELS(length) * PANEL * head_size         // keys and values, transposed
           + (length + 2 * TILED(length)) * padded_size   // keys or values, and two gradients
           + 2 * BLOCK_ROWS * PADDED(length) + TILE_ROWS  // probabilities and their gradients
           + 2 * BLOCK_ROWS * padded_size                 // queries and gradients of the output
           + TILE_ROWS * padded_size;
}

/// out[r][0 ..< vectors * WIDTH] += sum over k of a[k][r] * b[k][...], for TILE_ROWS rows of out.
INLINE void transposed_tile_product(const float *a, size_t a_stride, const float *b,
                                    size_t b_stride, float *out, size_t out_stride, size_t depth,
                                    int vectors) {
    vec sums[TILE_ROWS][TILE_VECTORS];
    for (int r = 0; r < TILE_ROWS; r++) {
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = load(out + (size_t)r * out_stride + (size_t)v * WIDTH);
        }
    }
    for (size_t k = 0; k < depth; k++) {
        vec row[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) row[v] = load(b + k * b_stride + (size_t)v * WIDTH);
#pragma clang loop unroll(full)
        for (int r = 0; r < TILE_ROWS; r++) {
            const vec x = splat(a[k * a_stride + (size_t)r]);
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

/// out[j] += sum over the rows k of a[k][j] * b[k], for all `length` columns of a. `columns`, of b and
/// out, is a multiple of WIDTH.
static void add_transposed_product(const float *a, size_t a_stride, const float *b, float *out,
                                   size_t rows, size_t length, size_t columns) {
    for (size_t j = 0; j < length; j += TILE_ROWS) {
        for (size_t c = 0; c < columns;) {
            float *const tile = out + j * columns + c;
            if (columns - c >= 2 * WIDTH) {
                transposed_tile_product(a + j, a_stride, b + c, columns, tile, columns, rows, 2);
                c += 2 * WIDTH;
            } else {
                transposed_tile_product(a + j, a_stride, b + c, columns, tile, columns, rows, 1);
                c += WIDTH;
            }
        }
    }
}

/// The products of TILE_ROWS rows with all rows that `panels` holds transposed.
INLINE void row_block_scores(const float *rows, const float *panels, float *out,
                             size_t padded_length, size_t head_size) {
    for (size_t j = 0; j < padded_length; j += PANEL) {
        const size_t columns = padded_length - j < PANEL ? padded_length - j : PANEL;
        row_block_product(rows, PADDED(head_size), panels + j * head_size, PANEL, out + j,
                          padded_length, head_size, columns, TILE_ROWS);
    }
}

/// The key of a row of one head's probabilities.
INLINE uint64_t probability_key(const c4b_attention_training_job *job, size_t row, size_t head) {
    return keyed(keyed(job->dropout->key, job->row_numbers[row]), head);
}

/// The softmax of attention, with what the way back needs of it, and dropout.
INLINE float weigh_for_training(const void *context, size_t query, size_t head, float *scores,
                                size_t length) {
    const c4b_attention_training_job *const job = context;
    float maximum;
    const float sum = exponentials_below(scores, length, &maximum);
    job->log_sums[query * job->log_sums_stride + head] = maximum + __builtin_logf(sum);
    if (!job->dropout) return sum;
    const uint64_t key = probability_key(job, query, head);
    for (size_t j = 0; j < length; j += WIDTH) {
        store(scores + j, load(scores + j) * dropout_factors(job->dropout, key, j));
    }
    return sum;
}

static void attention_forward(const c4b_attention_training_job *job, float *scratch) {
    const c4b_attention_job plain = {
        .query = job->query,
        .key = job->key,
        .value = job->value,
        .query_stride = job->query_stride,
        .key_stride = job->key_stride,
        .value_stride = job->value_stride,
        .query_bias = job->query_bias,
        .key_bias = job->key_bias,
        .value_bias = job->value_bias,
        .output = job->output,
        .output_stride = job->output_stride,
        .queries = job->queries,
        .length = job->length,
        .head_size = job->head_size,
        .head_begin = 0,
        .head_end = job->heads,
        .scale = job->scale,
    };
    attend(&plain, scratch, weigh_for_training, job);
}

/// Scores become probabilities after dropout; the products of the output's gradient with the values
/// become the gradient of the scores.
INLINE void row_backward(const c4b_attention_training_job *job, size_t row, size_t head,
                         float *scores, float *products, float along) {
    const size_t length = job->length;
    const vec log_sum = splat(job->log_sums[row * job->log_sums_stride + head]);
    const uint64_t key = job->dropout ? probability_key(job, row, head) : 0;
    for (size_t j = 0; j < length; j += WIDTH) {
        vec p = vexp(load(scores + j) - log_sum), g = load(products + j);
        if (length - j < WIDTH) {
            p = first_lanes(p, length - j, splat(0.0f));
            g = first_lanes(g, length - j, splat(0.0f));
        }
        vec dropped = p;
        if (job->dropout) {
            const vec factors = dropout_factors(job->dropout, key, j);
            dropped *= factors;
            g *= factors;
        }
        store(scores + j, dropped);
        store(products + j, p * (g - splat(along)));
    }
}

static void attention_backward(const c4b_attention_training_job *job,
                               const c4b_attention_gradients *gradients, float *scratch) {
    const size_t length = job->length, head_size = job->head_size;
    const size_t padded_length = PADDED(length), padded_size = PADDED(head_size);
    float *const keys_transposed = scratch;
    float *const values_transposed = keys_transposed + PANELS(length) * PANEL * head_size;
    float *const keys = values_transposed + PANELS(length) * PANEL * head_size;
    float *const key_gradient = keys + length * padded_size;
    float *const value_gradient = key_gradient + TILED(length) * padded_size;
    float *const queries = value_gradient + TILED(length) * padded_size;
    float *const outputs = queries + BLOCK_ROWS * padded_size;
    float *const query_gradient = outputs + BLOCK_ROWS * padded_size;
    float *const scores = query_gradient + TILE_ROWS * padded_size;
    // The sums over rows read whole tiles of columns, past the end of the last row.
    float *const products = scores + BLOCK_ROWS * padded_length;

    for (size_t head = 0; head < job->heads; head++) {
        const size_t offset = head * head_size;
        const float *const key_bias = job->key_bias + offset;
        transpose_to_panels(job->key + offset, job->key_stride, key_bias, length, head_size,
                            keys_transposed);
        transpose_to_panels(job->value + offset, job->value_stride, job->value_bias + offset,
                            length, head_size, values_transposed);
        for (size_t j = 0; j < length; j++) {
            copy_row(job->key + j * job->key_stride + offset, key_bias, 1.0f, head_size,
                     keys + j * padded_size);
        }
        memset(key_gradient, 0, 2 * TILED(length) * padded_size * sizeof(float));

        for (size_t i = 0; i < job->queries; i += BLOCK_ROWS) {
            const size_t rows = job->queries - i < BLOCK_ROWS ? job->queries - i : BLOCK_ROWS;
            for (size_t r = 0; r < TILED(rows); r++) {
                const size_t row = i + (r < rows ? r : rows - 1);
                copy_row(job->query + row * job->query_stride + offset, job->query_bias + offset,
                         job->scale, head_size, queries + r * padded_size);
                copy_row(gradients->output + row * gradients->output_stride + offset, NULL, 1.0f,
                         head_size, outputs + r * padded_size);
            }
            for (size_t r = 0; r < rows; r += TILE_ROWS) {
                row_block_scores(queries + r * padded_size, keys_transposed,
                                 scores + r * padded_length, padded_length, head_size);
                row_block_scores(outputs + r * padded_size, values_transposed,
                                 products + r * padded_length, padded_length, head_size);
            }
            for (size_t r = 0; r < rows; r++) {
                const float *const output = job->output + (i + r) * job->output_stride + offset;
                const float *const gradient = outputs + r * padded_size;
                vec sum = splat(0.0f);
                size_t d = 0;
                for (; d + WIDTH <= head_size; d += WIDTH) {
                    sum += load(output + d) * load(gradient + d);
                }
                float along = sum_of(sum);
                for (; d < head_size; d++) along += output[d] * gradient[d];
                row_backward(job, i + r, head, scores + r * padded_length,
                             products + r * padded_length, along);
            }
            add_transposed_product(scores, padded_length, outputs, value_gradient, rows, length,
                                   padded_size);
            add_transposed_product(products, padded_length, queries, key_gradient, rows, length,
                                   padded_size);
            for (size_t r = 0; r < rows; r += TILE_ROWS) {
                row_block_product(products + r * padded_length, padded_length, keys, padded_size,
                                  query_gradient, padded_size, length, padded_size, TILE_ROWS);
                for (size_t q = 0; q < TILE_ROWS && r + q < rows; q++) {
                    store_head(gradients->query + (i + r + q) * gradients->query_stride + offset,
                               query_gradient + q * padded_size, job->scale, head_size);
                }
            }
        }
        for (size_t j = 0; j < length; j++) {
            store_head(gradients->key + j * gradients->key_stride + offset,
                       key_gradient + j * padded_size, 1.0f, head_size);
            store_head(gradients->value + j * gradients->value_stride + offset,
                       value_gradient + j * padded_size, 1.0f, head_size);
        }
    }
}
