// x Wᵀ with a weight that is packed beforehand: transposed, in panels, in the order in which tiles
// read it. BLAS packs it anew in every call, which costs a few per cent for a thousand rows and more
// than the arithmetic for thirty; and bias and activation can be applied while a tile is in cache.

// A slice of the depth and a block of rows such that the rows' share of the input, 384 KB, stays in
// the second-level cache while the panels go by.
#define SLICE_DEPTH ((size_t)768)
#define BLOCK_FLOATS ((size_t)98304)

static size_t panel_floats(size_t outputs, size_t inputs) {
    return PANELS(outputs) * PANEL * inputs;
}

static void pack_panels(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                        float *packed) {
    enum { CHUNK = 128 };
    float widened[PANEL * CHUNK];
    const size_t size = element == C4B_FLOAT32 ? 4 : 2;
    for (size_t first = 0; first < outputs; first += PANEL, packed += PANEL * inputs) {
        const size_t count = outputs - first < PANEL ? outputs - first : PANEL;
        for (size_t d = 0; d < inputs; d += CHUNK) {
            const size_t depth = inputs - d < CHUNK ? inputs - d : CHUNK;
            for (size_t j = 0; j < count; j++) {
                widen(element, (const char *)weight + ((first + j) * inputs + d) * size,
                      widened + j * CHUNK, depth);
            }
            transpose_to_panels(widened, CHUNK, NULL, count, depth, packed + d * PANEL);
        }
    }
}

/// A tile of any height up to TILE_ROWS, each with code of its own.
INLINE void tile_of_height(const float *a, size_t a_stride, const float *b, float *out,
                           size_t out_stride, size_t depth, bool adds, size_t rows, int vectors,
                           ahead next) {
    switch (rows) {
#define HEIGHT(n)                                                                            \
    case n:                                                                                  \
        tile_product(a, a_stride, b, PANEL, out, out_stride, depth, adds, n, vectors, next); \
        break;
        // clang-format off
        HEIGHT(1) HEIGHT(2) HEIGHT(3) HEIGHT(4)
#if TILE_ROWS > 4
        HEIGHT(5) HEIGHT(6)
#endif
#if TILE_ROWS > 6
        HEIGHT(7) HEIGHT(8)
#endif
        // clang-format on
#undef HEIGHT
    }
}

static void panel_tile(const float *a, size_t a_stride, const float *b, float *out,
                       size_t out_stride, size_t depth, bool adds, size_t rows, size_t columns,
                       ahead next) {
    if (columns == PANEL) {
        tile_of_height(a, a_stride, b, out, out_stride, depth, adds, rows, TILE_VECTORS, next);
        return;
    }
    // The last panel: a vector at a time, by way of a buffer, because rows may end inside one.
    for (size_t j = 0; j < columns; j += WIDTH) {
        const size_t count = columns - j < WIDTH ? columns - j : WIDTH;
        float buffer[TILE_ROWS * WIDTH];
        for (size_t r = 0; adds && r < rows; r++) {
            store(buffer + r * WIDTH, load_partial(out + r * out_stride + j, count));
        }
        tile_of_height(a, a_stride, b + j, buffer, WIDTH, depth, adds, rows, 1, NOTHING_AHEAD);
        for (size_t r = 0; r < rows; r++) {
            memcpy(out + r * out_stride + j, buffer + r * WIDTH, count * sizeof(float));
        }
    }
}

static void panel_product(const c4b_panel_job *job) {
    const size_t inputs = job->inputs;
    const bool finishes = job->bias || job->activation != C4B_ACTIVATION_LINEAR;
    for (size_t k = 0; k < inputs; k += SLICE_DEPTH) {
        const size_t depth = inputs - k < SLICE_DEPTH ? inputs - k : SLICE_DEPTH;
        const size_t block = BLOCK_FLOATS / depth / TILE_ROWS * TILE_ROWS;
        const bool is_last = k + depth == inputs;
        for (size_t first = 0; first < job->rows; first += block) {
            const size_t last = job->rows - first < block ? job->rows : first + block;
            for (size_t j = job->column_begin; j < job->column_end; j += PANEL) {
                const size_t columns = job->column_end - j < PANEL ? job->column_end - j : PANEL;
                const float *const panel = job->weight + j * inputs + k * PANEL;
                const float *const next = panel + inputs * PANEL;
                const bool is_last_panel = job->column_end - j <= PANEL;
                const size_t blocks =
                    is_last_panel ? 0 : (last - first + TILE_ROWS - 1) / TILE_ROWS;
                for (size_t i = first; i < last; i += TILE_ROWS) {
                    const size_t rows = last - i < TILE_ROWS ? last - i : TILE_ROWS;
                    float *const out = job->output + i * job->output_stride + j;
                    panel_tile(job->input + i * job->input_stride + k, job->input_stride, panel,
                               out, job->output_stride, depth, k > 0, rows, columns,
                               part_ahead(next, depth * PANEL * sizeof(float),
                                          (i - first) / TILE_ROWS, blocks, depth));
                    if (is_last && finishes) {
                        activate(job->activation, out, job->output_stride,
                                 job->bias ? job->bias + j : NULL, rows, columns);
                    }
                }
            }
        }
    }
}
