// Every kernel of products of bytes that this processor runs, against sums counted one by one. For
// processors that no test run of Swift reaches: Scripts/check-arm64-kernels. Prints the kernels' names.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint32_t state = 1;

static uint32_t next_random(void) {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static int8_t weight_at(const int8_t *weight, size_t tiles, size_t output, size_t input) {
    const size_t tile = (output / C4B_BYTE_PANEL * tiles + input / C4B_BYTE_DEPTH) * 4 +
                        output % C4B_BYTE_PANEL / C4B_BYTE_OUTPUTS;
    return weight[tile * C4B_BYTE_TILE + input % C4B_BYTE_DEPTH / 4 * C4B_BYTE_DEPTH +
                  output % C4B_BYTE_OUTPUTS * 4 + input % 4];
}

/// Keeps the sums as they are, in place of the results.
static void keep_sums(const c4b_byte_job *job, size_t row, size_t rows, size_t panel,
                      int32_t *sums) {
    for (size_t r = 0; r < rows; r++) {
        memcpy(job->output + (row + r) * job->output_stride + panel * C4B_BYTE_PANEL,
               sums + r * C4B_BYTE_PANEL, C4B_BYTE_PANEL * sizeof *sums);
    }
}

enum filling { RANDOM, LARGEST, SMALLEST };

static int check(const c4b_byte_kernel *kernel, size_t rows, size_t inputs, size_t outputs,
                 enum filling filling) {
    const size_t tiles = (inputs + C4B_BYTE_DEPTH - 1) / C4B_BYTE_DEPTH;
    const size_t panels = (outputs + C4B_BYTE_PANEL - 1) / C4B_BYTE_PANEL;
    const size_t stride = tiles * C4B_BYTE_DEPTH, columns = panels * C4B_BYTE_PANEL;
    // Memory of its own for each, so that reading past an end can be noticed.
    uint8_t *const input = malloc((rows + 15) / 16 * 16 * stride + 1);
    int8_t *const weight = calloc(panels * tiles * 4, C4B_BYTE_TILE);
    int32_t *const weight_sums = calloc(columns, sizeof *weight_sums);
    float *const steps = calloc(columns, sizeof *steps);
    int32_t *const found = malloc(rows * columns * sizeof *found + 1);
    // What lies behind a row is any numbers.
    for (size_t i = 0; i < (rows + 15) / 16 * 16 * stride; i++) {
        input[i] = filling == RANDOM ? (uint8_t)next_random() : 255;
    }
    for (size_t output = 0; output < outputs; output++) {
        for (size_t k = 0; k < inputs; k++) {
            const int byte = filling == RANDOM    ? (int)(next_random() % 255) - 127
                             : filling == LARGEST ? 127
                                                  : -127;
            const size_t tile = (output / C4B_BYTE_PANEL * tiles + k / C4B_BYTE_DEPTH) * 4 +
                                output % C4B_BYTE_PANEL / C4B_BYTE_OUTPUTS;
            weight[tile * C4B_BYTE_TILE + k % C4B_BYTE_DEPTH / 4 * C4B_BYTE_DEPTH +
                   output % C4B_BYTE_OUTPUTS * 4 + k % 4] = (int8_t)byte;
            weight_sums[output] += byte;
        }
    }
    // In two parts, as threads share a product.
    c4b_byte_job job = {.input = input,
                        .input_stride = stride,
                        .weight = weight,
                        .weight_columns = {.steps = steps, .sums = weight_sums},
                        .rows = rows,
                        .depth_tiles = tiles,
                        .columns = outputs,
                        .output = (float *)found,
                        .output_stride = columns,
                        .finish = keep_sums};
    job.end = panels / 2;
    kernel->multiply(&job);
    job.begin = panels / 2;
    job.end = panels;
    kernel->multiply(&job);
    int faults = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t output = 0; output < outputs; output++) {
            int64_t sum = 0;
            for (size_t k = 0; k < inputs; k++) {
                sum += (int64_t)input[row * stride + k] * weight_at(weight, tiles, output, k);
            }
            if (found[row * columns + output] == sum) continue;
            if (!faults++) {
                fprintf(stderr, "%s, %zu rows of %zu to %zu: %d in row %zu, output %zu; not %lld\n",
                        kernel->name, rows, inputs, outputs, found[row * columns + output], row,
                        output, (long long)sum);
            }
        }
    }
    free(input);
    free(weight);
    free(weight_sums);
    free(steps);
    free(found);
    return faults;
}

int main(void) {
    static const size_t shapes[][3] = {{0, 64, 64},    {1, 1, 1},      {2, 63, 65},   {15, 65, 15},
                                       {16, 130, 129}, {17, 7, 200},   {33, 520, 70}, {69, 4100, 3},
                                       {5, 384, 1536}, {7, 1536, 384}, {36, 768, 64}};
    const c4b_byte_kernel *kernels[8];
    const size_t count = c4b_byte_kernels_available(kernels, 8);
    int faults = 0;
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i ? " " : "", kernels[i]->name);
        for (size_t rows = 1; rows <= 9; rows++) faults += check(kernels[i], rows, 64, 64, RANDOM);
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            faults += check(kernels[i], shapes[s][0], shapes[s][1], shapes[s][2], RANDOM);
        }
        faults += check(kernels[i], 2, C4B_BYTE_LIMIT, 3, LARGEST);
        faults += check(kernels[i], 2, C4B_BYTE_LIMIT, 3, SMALLEST);
    }
    printf("\n");
    return faults ? 1 : 0;
}
