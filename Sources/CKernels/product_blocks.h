// The loops around every product of tiles, and what becomes of the sums.
//
// Rows go in chunks that stay in the second-level cache; for each chunk, a panel of the weight, GROUP
// tile rows by DEPTH_TILES tiles, stays in the first-level cache while the rows go by; or one of WHOLE_DEPTH
// in the second-level cache, too. The file that includes this one defines these, ROW_STEP, CACHE_BYTES,
// CHUNK_ROWS (as many rows wait for their next part of the depth), PREFETCHES (1 where the rows go by so
// fast that the next panel must be asked for in one go), BEGIN_TILES, END_TILES and
//
//     multiply_block(job, row, rows, block, blocks, depth_begin, depth_end, next, sums)
//
// which adds the product of up to ROW_STEP rows with up to GROUP tile rows of the weight to sums, or
// begins them where depth_begin is 0, and asks for what is next on the way.

#define WHOLE_DEPTH ((size_t)1 << 24)
#define SUMS_STRIDE ((size_t)GROUP * C4B_TILE_ROWS)
#define PRODUCT_SCRATCH (CHUNK_ROWS * SUMS_STRIDE)

static void multiply_block(const c4b_product_job *job, size_t row, size_t rows, size_t block,
                           size_t blocks, size_t depth_begin, size_t depth_end, ahead next,
                           float *sums);

/// GELU for results that are rounded to bfloat16, which has steps of 4e-3 next to 1.
INLINE vec coarse_gelu(c4b_activation activation, vec x) {
    (void)activation;
    return x * vphi_coarse(x);
}

/// Bias and activation, and out with them.
static void finish_block(const c4b_product_job *job, size_t row, size_t rows, size_t block,
                         size_t blocks, float *sums) {
    const size_t column = block * C4B_TILE_ROWS;
    // The outputs that fill up the last tile row stay 0.
    size_t columns = blocks * C4B_TILE_ROWS;
    if (column + columns > job->columns) {
        columns = column < job->columns ? job->columns - column : 0;
    }
    const float *const bias = job->bias ? job->bias + column : NULL;
    if (job->activation == C4B_ACTIVATION_GELU && !job->output && job->input_pieces == 1) {
        activate_rows(coarse_gelu, job->activation, sums, SUMS_STRIDE, bias, sums, SUMS_STRIDE,
                      rows, columns);
    } else if (bias || job->activation != C4B_ACTIVATION_LINEAR) {
        activate(job->activation, sums, SUMS_STRIDE, bias, rows, columns);
    }
    for (size_t r = 0; r < rows; r++, sums += SUMS_STRIDE) {
        if (job->output) {
            float *const out = job->output + (row + r) * job->output_stride + column;
            if (job->adds) {
                for (size_t i = 0; i < columns; i++) sums[i] += out[i];
            }
            size_t i = 0;
            for (; i + WIDTH <= columns; i += WIDTH) store(out + i, load(sums + i));
            if (i < columns) store_partial(out + i, load(sums + i), columns - i);
            continue;
        }
        const size_t tiles = (job->columns + C4B_TILE_DEPTH - 1) / C4B_TILE_DEPTH;
        const size_t tile = (size_t)job->input_pieces * C4B_TILE_NUMBERS;
        uint16_t *const first = job->packed_output + (row + r) / C4B_TILE_ROWS * tiles * tile +
                                (row + r) % C4B_TILE_ROWS * C4B_TILE_DEPTH;
        for (size_t i = 0; i < blocks * C4B_TILE_ROWS; i += WIDTH) {
            uint16_t *const out =
                first + (column + i) / C4B_TILE_DEPTH * tile + (column + i) % C4B_TILE_DEPTH;
            store_pieces(load(sums + i), job->input_pieces, out);
        }
    }
}

/// Asks for a panel of the weight, which begins at tile row `block`, to come to the second-level cache:
/// part `step` of `steps`, while the rows go by the panel before it.
INLINE void prefetch_panel(const c4b_product_job *job, size_t block, size_t begin, size_t end,
                           size_t step, size_t steps) {
    if (block >= job->end) return;
    const size_t blocks = job->end - block < GROUP ? job->end - block : GROUP;
    const size_t tile_bytes = (size_t)job->weight_pieces * C4B_TILE_NUMBERS * sizeof(uint16_t);
    const size_t bytes = (end - begin) * tile_bytes;
    const size_t part = ((bytes + steps - 1) / steps + 63) / 64 * 64;
    const size_t last = (step + 1) * part < bytes ? (step + 1) * part : bytes;
    for (size_t i = 0; i < blocks; i++) {
        const char *const run =
            (const char *)job->weight + ((block + i) * job->depth_tiles + begin) * tile_bytes;
        for (size_t at = step * part; at < last; at += 64) __builtin_prefetch(run + at, 0, 2);
    }
}

/// The part of the panel behind `block` that block `step` of `steps` of the rows asks for: of a panel
/// whose depth is not cut, which is a run.
INLINE ahead next_panel_part(const c4b_product_job *job, size_t block, size_t step, size_t steps) {
    if (job->end - block <= GROUP) return NOTHING_AHEAD;
    const size_t left = job->end - block - GROUP;
    const size_t numbers = job->depth_tiles * (size_t)job->weight_pieces * C4B_TILE_NUMBERS;
    return part_ahead(job->weight + (block + GROUP) * numbers,
                      (left < GROUP ? left : GROUP) * numbers * sizeof(uint16_t), step, steps,
                      job->depth_tiles);
}

static void multiply(const c4b_product_job *job) {
    BEGIN_TILES();
    const size_t row_bytes =
        job->depth_tiles * (size_t)job->input_pieces * C4B_TILE_DEPTH * sizeof(uint16_t);
    size_t chunk = CACHE_BYTES / row_bytes / C4B_TILE_DEPTH * C4B_TILE_DEPTH;
    if (chunk < C4B_TILE_DEPTH) chunk = C4B_TILE_DEPTH;
    // Equal parts of the depth, and a single one where there are not many rows to go by a panel.
    const size_t limit = DEPTH_TILES / (size_t)job->weight_pieces;
    const size_t parts = job->rows <= 2 * ROW_STEP ? 1 : (job->depth_tiles + limit - 1) / limit;
    const size_t depth = (job->depth_tiles + parts - 1) / parts;
    // Sums wait for the next part of the depth; where there is none, they always take the same place,
    // which stays in the first-level cache.
    const size_t place = parts == 1 ? 0 : SUMS_STRIDE;
    if (parts > 1 && chunk > CHUNK_ROWS) chunk = CHUNK_ROWS;
    for (size_t first = 0; first < job->rows; first += chunk) {
        const size_t last = job->rows - first < chunk ? job->rows : first + chunk;
        for (size_t block = job->begin; block < job->end; block += GROUP) {
            const size_t blocks = job->end - block < GROUP ? job->end - block : GROUP;
            for (size_t k = 0; k < job->depth_tiles; k += depth) {
                const size_t end = job->depth_tiles - k < depth ? job->depth_tiles : k + depth;
                const bool turns = end == job->depth_tiles;
                const size_t next_block = turns ? block + GROUP : block;
                const size_t next = turns ? 0 : end;
                const size_t next_end =
                    job->depth_tiles - next < depth ? job->depth_tiles : next + depth;
                const size_t steps = (last - first + ROW_STEP - 1) / ROW_STEP;
                for (size_t row = first; row < last; row += ROW_STEP) {
                    const size_t rows = last - row < ROW_STEP ? last - row : ROW_STEP;
                    float *const sums = job->scratch + (row - first) * place;
                    if (PREFETCHES) {
                        prefetch_panel(job, next_block, next, next_end, (row - first) / ROW_STEP,
                                       steps);
                    }
                    const ahead next_part =
                        parts == 1 ? next_panel_part(job, block, (row - first) / ROW_STEP, steps)
                                   : NOTHING_AHEAD;
                    multiply_block(job, row, rows, block, blocks, k, end, next_part, sums);
                    if (turns) finish_block(job, row, rows, block, blocks, sums);
                }
            }
        }
    }
    END_TILES();
}
