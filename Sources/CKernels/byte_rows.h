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

/// Rows of activations as bytes. A row's range, which always has 0 in it, is cut into 255 steps.
static void quantize_rows(const float *x, size_t stride, size_t rows, size_t columns, uint8_t *out,
                          size_t out_stride, c4b_byte_row *out_rows) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride, out += out_stride) {
        vec low = splat(0.0f), high = splat(0.0f);
        // 0, or NaN where a number is none or infinite.
        vec nothing = splat(0.0f);
        for (size_t i = 0; i < columns; i += WIDTH) {
            const vec y = i < whole ? load(x + i) : load_partial(x + i, rest);
            low = vmin(y, low);
            high = vmax(y, high);
            nothing += y * splat(0.0f);
        }
        const float least = -max_of(-low);
        const float range = max_of(high) - least;
        const float step = range / 255.0f + sum_of(nothing);
        const float inverse = step > SMALLEST_STEP ? 255.0f / range : 0.0f;
        const float zero = (-least * inverse + ROUNDING) - ROUNDING;
        out_rows[row] = (c4b_byte_row){.step = step, .zero = (int32_t)zero};
        size_t i = 0;
        for (; i < columns; i += WIDTH) {
            const vec y = i < whole ? load(x + i) : load_partial(x + i, rest);
            const ivec place = (ivec)(y * splat(inverse) + splat(ROUNDING + zero));
            const ivec byte = clamp_integers(place - (ivec)splat(ROUNDING), 0, 255);
            const bvec bytes = __builtin_convertvector(byte, bvec);
            if (i + WIDTH <= out_stride) *(unaligned_bvec *)(out + i) = bytes;
        }
        for (; i < out_stride; i += WIDTH) *(unaligned_bvec *)(out + i) = (bvec)(0);
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

static void finish_bytes(const c4b_byte_job *job, size_t row, size_t rows, size_t panel,
                         int32_t *sums) {
    const size_t column = panel * C4B_BYTE_PANEL;
    const size_t left = job->columns - column;
    const size_t columns = left < C4B_BYTE_PANEL ? left : C4B_BYTE_PANEL;
    const float *const steps = job->weight_columns.steps + column;
    const int32_t *const weight_sums = job->weight_columns.sums + column;
    const float *const bias = job->bias ? job->bias + column : NULL;
    float *const first = job->output + row * job->output_stride + column;
    for (size_t r = 0; r < rows; r++, sums += C4B_BYTE_PANEL) {
        const c4b_byte_row scale = job->input_rows[row + r];
        float *const out = first + r * job->output_stride;
        for (size_t i = 0; i < columns; i += WIDTH) {
            const ivec sum = *(const unaligned_ivec *)(sums + i) -
                             *(const unaligned_ivec *)(weight_sums + i) * (ivec)(scale.zero);
            vec y = __builtin_convertvector(sum, vec) * splat(scale.step) * load(steps + i);
            const size_t count = columns - i;
            if (count >= WIDTH) {
                if (bias) y += load(bias + i);
                store(out + i, y);
            } else {
                if (bias) y += load_partial(bias + i, count);
                store_partial(out + i, y, count);
            }
        }
    }
    if (job->activation != C4B_ACTIVATION_LINEAR) {
        activate(job->activation, first, job->output_stride, NULL, rows, columns);
    }
}
