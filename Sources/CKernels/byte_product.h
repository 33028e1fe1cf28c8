// The loops around every product of bytes.
//
// Rows go in chunks that stay in the second-level cache; for each chunk a panel of the weight goes by all
// rows, ROW_STEP at a time. The file that includes this one defines ROW_STEP, BEGIN_TILES, END_TILES and
//
//     multiply_bytes(job, row, rows, weight, next, sums)
//
// which writes the sums of up to ROW_STEP rows with a panel, and asks for what is next on the way.

#define BYTE_CACHE ((size_t)256 << 10)
#define BYTE_PANEL_BYTES ((size_t)C4B_BYTE_PANEL * C4B_BYTE_DEPTH)

static void multiply_bytes(const c4b_byte_job *job, size_t row, size_t rows, const int8_t *weight,
                           ahead next, int32_t *sums);

static void multiply_byte_rows(const c4b_byte_job *job) {
    BEGIN_TILES();
    int32_t sums[ROW_STEP * C4B_BYTE_PANEL] __attribute__((aligned(64)));
    const size_t row_bytes = job->depth_tiles * C4B_BYTE_DEPTH;
    const size_t panel_bytes = job->depth_tiles * BYTE_PANEL_BYTES;
    size_t chunk = BYTE_CACHE / row_bytes / ROW_STEP * ROW_STEP;
    if (chunk < 2 * ROW_STEP) chunk = 2 * ROW_STEP;
    for (size_t first = 0; first < job->rows; first += chunk) {
        const size_t last = job->rows - first < chunk ? job->rows : first + chunk;
        const size_t steps = (last - first + ROW_STEP - 1) / ROW_STEP;
        for (size_t panel = job->begin; panel < job->end; panel++) {
            const int8_t *const weight = job->weight + panel * panel_bytes;
            for (size_t step = 0; step < steps; step++) {
                const size_t row = first + step * ROW_STEP;
                const size_t rows = last - row < ROW_STEP ? last - row : ROW_STEP;
                const ahead next = panel + 1 < job->end
                                       ? part_ahead(weight + panel_bytes, panel_bytes, step, steps,
                                                    job->depth_tiles)
                                       : NOTHING_AHEAD;
                multiply_bytes(job, row, rows, weight, next, sums);
                job->finish(job, row, rows, panel, sums);
            }
        }
    }
    END_TILES();
}
