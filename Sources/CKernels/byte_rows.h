// Activations and weights as bytes, in the layout of byte_products.h, and numbers from sums of their
// products.

typedef uint8_t bvec __attribute__((ext_vector_type(WIDTH)));
typedef bvec unaligned_bvec __attribute__((aligned(1)));
typedef int8_t sbvec __attribute__((ext_vector_type(WIDTH)));
typedef sbvec unaligned_sbvec __attribute__((aligned(1)));
typedef ivec unaligned_ivec __attribute__((aligned(4)));

// Added to a number below 2^22 it rounds it to an integer in the low bits, to even where it is halfway.
#define ROUNDING 12582912.0f

// A step below it is taken as 0, since its inverse may be infinite.
#define SMALLEST_STEP 1e-30f

INLINE ivec clamp_integers(ivec x, int32_t low, int32_t high) {
    return __builtin_elementwise_min(__builtin_elementwise_max(x, (ivec)(low)), (ivec)(high));
}

typedef struct {
    float least, most;
    float nothing;  ///< 0, or NaN where a number is none or infinite
} byte_range;

/// That of a row and 0.
INLINE byte_range range_of(const float *x, size_t columns) {
    // Several of each, as one would wait for itself.
    enum { PARTS = 4 };
    vec low[PARTS], high[PARTS], nothing[PARTS];
    for (int p = 0; p < PARTS; p++) low[p] = high[p] = nothing[p] = splat(0.0f);
    size_t i = 0;
    for (; i + PARTS * WIDTH <= columns; i += PARTS * WIDTH) {
#pragma clang loop unroll(full)
        for (int p = 0; p < PARTS; p++) {
            const vec y = load(x + i + (size_t)p * WIDTH);
            low[p] = vmin(y, low[p]);
            high[p] = vmax(y, high[p]);
            nothing[p] += y * splat(0.0f);
        }
    }
    for (; i < columns; i += WIDTH) {
        const vec y = columns - i < WIDTH ? load_partial(x + i, columns - i) : load(x + i);
        low[0] = vmin(y, low[0]);
        high[0] = vmax(y, high[0]);
        nothing[0] += y * splat(0.0f);
    }
    for (int p = 1; p < PARTS; p++) {
        low[0] = vmin(low[p], low[0]);
        high[0] = vmax(high[p], high[0]);
        nothing[0] += nothing[p];
    }
    return (byte_range){
        .least = -max_of(-low[0]), .most = max_of(high[0]), .nothing = sum_of(nothing[0])};
}

INLINE bvec bytes_of(vec x, float inverse, float zero) {
    const ivec place = (ivec)(x * splat(inverse) + splat(ROUNDING + zero));
    return __builtin_convertvector(clamp_integers(place - (ivec)splat(ROUNDING), 0, 255), bvec);
}

/// Rows of activations as bytes. A row's range, which always has 0 in it, is cut into 255 steps.
static void quantize_rows(const float *x, size_t stride, size_t rows, size_t columns, uint8_t *out,
                          size_t out_stride, c4b_byte_row *out_rows) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    // Some rows at a time: while one waits for its step, others go on.
    enum { GROUP = 4 };
    for (size_t first = 0; first < rows; first += GROUP) {
        const size_t count = rows - first < GROUP ? rows - first : GROUP;
        float inverses[GROUP], zeros[GROUP];
        for (size_t r = 0; r < count; r++) {
            const byte_range bounds = range_of(x + (first + r) * stride, columns);
            const float range = bounds.most - bounds.least;
            const float step = range / 255.0f + bounds.nothing;
            const bool has_step = step > SMALLEST_STEP;  // nor has it where a number is none
            inverses[r] = has_step ? 255.0f / range : 0.0f;
            zeros[r] = has_step ? (-bounds.least * inverses[r] + ROUNDING) - ROUNDING : 0.0f;
            out_rows[first + r] = (c4b_byte_row){.step = step, .zero = (int32_t)zeros[r]};
        }
        for (size_t r = 0; r < count; r++) {
            const float *const row = x + (first + r) * stride;
            uint8_t *const bytes = out + (first + r) * out_stride;
            size_t i = 0;
            for (; i < whole; i += WIDTH) {
                *(unaligned_bvec *)(bytes + i) = bytes_of(load(row + i), inverses[r], zeros[r]);
            }
            if (rest) {
                const vec last = load_partial(row + i, rest);
                *(unaligned_bvec *)(bytes + i) = bytes_of(last, inverses[r], zeros[r]);
                i += WIDTH;
            }
            for (; i < out_stride; i += WIDTH) *(unaligned_bvec *)(bytes + i) = (bvec)(0);
        }
    }
}

/// The numbers of a weight's row from `column` on that a tile takes, and zeros where it has none.
INLINE void widen_tile_row(c4b_element element, const char *row, size_t column, size_t columns,
                           float *out) {
    memset(out, 0, C4B_BYTE_DEPTH * sizeof *out);
    if (column >= columns) return;
    const size_t left = columns - column;
    widen(element, row + column * (element == C4B_FLOAT32 ? 4 : 2), out,
          left < C4B_BYTE_DEPTH ? left : C4B_BYTE_DEPTH);
}

/// The panels `begin` ..< `end` of a weight as it is stored. `out` and `columns` are those of the first
/// panel of all. Each output's range, symmetric about 0, is cut into 254 steps.
static void quantize_weight(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                            size_t begin, size_t end, int8_t *out, c4b_byte_columns columns) {
    const size_t tiles = (inputs + C4B_BYTE_DEPTH - 1) / C4B_BYTE_DEPTH;
    const size_t size = element == C4B_FLOAT32 ? 4 : 2;
    float wide[C4B_BYTE_DEPTH];
    for (size_t row = begin * C4B_BYTE_PANEL; row < end * C4B_BYTE_PANEL; row++) {
        int8_t *const first = out + row / C4B_BYTE_PANEL * tiles * C4B_BYTE_TILE * 4 +
                              row % C4B_BYTE_PANEL / C4B_BYTE_OUTPUTS * C4B_BYTE_TILE +
                              row % C4B_BYTE_OUTPUTS * 4;
        // Outputs that fill up the last panel have no numbers.
        const size_t present = row < outputs ? inputs : 0;
        const char *const source = (const char *)weight + (present ? row : 0) * inputs * size;
        vec most = splat(0.0f), nothing = splat(0.0f);
        for (size_t k = 0; k < tiles; k++) {
            widen_tile_row(element, source, k * C4B_BYTE_DEPTH, present, wide);
            for (size_t i = 0; i < C4B_BYTE_DEPTH; i += WIDTH) {
                const vec y = load(wide + i);
                most = vmax(vabs(y), most);
                nothing += y * splat(0.0f);
            }
        }
        const float largest = max_of(most);
        const float step = largest / 127.0f + sum_of(nothing);
        const float inverse = step > SMALLEST_STEP ? 127.0f / largest : 0.0f;
        ivec sum = (ivec)(0);
        for (size_t k = 0; k < tiles; k++) {
            widen_tile_row(element, source, k * C4B_BYTE_DEPTH, present, wide);
            int8_t bytes[C4B_BYTE_DEPTH];
            for (size_t i = 0; i < C4B_BYTE_DEPTH; i += WIDTH) {
                const ivec place = (ivec)(load(wide + i) * splat(inverse) + splat(ROUNDING));
                const ivec byte = clamp_integers(place - (ivec)splat(ROUNDING), -127, 127);
                sum += byte;
                *(unaligned_sbvec *)(bytes + i) = __builtin_convertvector(byte, sbvec);
            }
            int8_t *const tile = first + k * C4B_BYTE_TILE * 4;
            for (size_t quad = 0; quad < C4B_BYTE_DEPTH / 4; quad++) {
                memcpy(tile + quad * 4 * C4B_BYTE_OUTPUTS, bytes + quad * 4, 4);
            }
        }
        int32_t total = 0;
        for (int i = 0; i < WIDTH; i++) total += sum[i];
        columns.steps[row] = step;
        columns.sums[row] = total;
    }
}

/// Each vector of outputs for all rows, so that what belongs to outputs is read once.
INLINE void finish_byte_panel(const c4b_byte_job *job, size_t row, size_t rows, size_t column,
                              size_t columns, const int32_t *sums, bool is_coarse_gelu) {
    const float *const steps = job->weight_columns.steps + column;
    const int32_t *const weight_sums = job->weight_columns.sums + column;
    float *const first = job->output + row * job->output_stride + column;
    for (size_t i = 0; i < columns; i += WIDTH) {
        const size_t count = columns - i;
        const vec step = load(steps + i);
        const ivec weight_sum = *(const unaligned_ivec *)(weight_sums + i);
        vec bias = splat(0.0f);
        if (job->bias) {
            const float *const place = job->bias + column + i;
            bias = count >= WIDTH ? load(place) : load_partial(place, count);
        }
        for (size_t r = 0; r < rows; r++) {
            const c4b_byte_row scale = job->input_rows[row + r];
            const ivec sum = *(const unaligned_ivec *)(sums + r * C4B_BYTE_PANEL + i) -
                             weight_sum * (ivec)(scale.zero);
            vec y = __builtin_convertvector(sum, vec) * splat(scale.step) * step + bias;
            if (is_coarse_gelu) y *= vphi_coarse(y);
            float *const out = first + r * job->output_stride + i;
            if (count >= WIDTH) {
                store(out, y);
            } else {
                store_partial(out, y, count);
            }
        }
    }
}

static void finish_bytes(const c4b_byte_job *job, size_t row, size_t rows, size_t panel,
                         int32_t *sums) {
    const size_t column = panel * C4B_BYTE_PANEL;
    const size_t left = job->columns - column;
    const size_t columns = left < C4B_BYTE_PANEL ? left : C4B_BYTE_PANEL;
    if (job->feeds_bytes && job->activation == C4B_ACTIVATION_GELU) {
        finish_byte_panel(job, row, rows, column, columns, sums, true);
        return;
    }
    finish_byte_panel(job, row, rows, column, columns, sums, false);
    if (job->activation != C4B_ACTIVATION_LINEAR) {
        activate(job->activation, job->output + row * job->output_stride + column,
                 job->output_stride, NULL, rows, columns);
    }
}
