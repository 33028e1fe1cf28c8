/// Products of activations as unsigned bytes with weights as signed bytes, with exact sums.
///
/// A row of activations has a step and a zero point: byte b stands for step * (b - zero). A row of a
/// weight, an output, has a step: byte b stands for step * b. The sums are integers, so that a product has
/// the same bits whatever computes it, and whatever rows it stands among.
///
/// Rows of activations are multiples of C4B_BYTE_DEPTH long. A weight, [outputs, inputs], lies in panels
/// of C4B_BYTE_PANEL outputs, a panel in tiles of 16 outputs by C4B_BYTE_DEPTH inputs, 1 KB: four of them
/// for the first inputs, four for the next, and so on. A tile holds the inputs 0 to 3 of output 0, of
/// output 1, … of output 15, then the inputs 4 to 7 of each, and so on. What lies outside a weight is 0, so
/// that it does not matter what lies behind a row of activations.
#ifndef C4B_BYTE_PRODUCTS_H
#define C4B_BYTE_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elements.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

enum {
    C4B_BYTE_DEPTH = 64,     ///< inputs of a tile
    C4B_BYTE_OUTPUTS = 16,   ///< outputs of a tile
    C4B_BYTE_PANEL = 64,     ///< outputs of a panel
    C4B_BYTE_TILE = 1024,    ///< bytes of a tile
    C4B_BYTE_LIMIT = 65536,  ///< inputs, of which no sum of products leaves 32 bits
};

/// How a row of activations is written in bytes.
typedef struct {
    float step;  ///< NaN for a row with a number that is none, or infinite
    int32_t zero;
} c4b_byte_row;

/// How an output's weights are written in bytes, and what the zero points of inputs are paid with.
typedef struct {
    float *steps;   ///< one an output, zeros behind them up to a whole panel
    int32_t *sums;  ///< of each output's bytes, the same
} c4b_byte_columns;

typedef struct c4b_byte_job c4b_byte_job;

/// output = activation(input weightᵀ + bias), for some of the outputs.
struct c4b_byte_job {
    const uint8_t *input;
    size_t input_stride;
    const c4b_byte_row *input_rows;
    const int8_t *weight;
    c4b_byte_columns weight_columns;
    size_t rows;
    size_t depth_tiles;
    size_t columns;     ///< outputs in all
    size_t begin, end;  ///< the panels of the weight to be used
    const float *_Nullable bias;
    c4b_activation activation;
    /// Whether results become bytes, for which GELU may be 5e-5 off.
    bool feeds_bytes;
    float *output;
    size_t output_stride;
    /// Makes results of the sums of some rows with a panel, C4B_BYTE_PANEL a row, and may overwrite
    /// these: `finish_bytes` of a table, so that results do not depend on what made the sums.
    void (*finish)(const c4b_byte_job *job, size_t row, size_t rows, size_t panel, int32_t *sums);
};

/// One way to compute such a product.
typedef struct {
    const char *name;
    /// Products in the time in which the processor's vectors compute one in single precision; 0 for what
    /// is not meant to be fast.
    int speed;
    void (*multiply)(const c4b_byte_job *job);
} c4b_byte_kernel;

/// The kernels that this processor and its system can run, fastest first. The last one is an emulation
/// of AMX, for tests.
size_t c4b_byte_kernels_available(const c4b_byte_kernel *_Nonnull *_Nonnull kernels,
                                  size_t capacity);

/// The kernel in use: the fastest one, or the one that the environment variable `CLOUD4BERT_BYTE_PRODUCTS`
/// names, if it can run here. Chosen once.
const c4b_byte_kernel *c4b_byte_kernel_selected(void);

#if defined(__x86_64__)
/// The AMX kernel, whether or not it can run here: for tests that trap its instructions.
extern const c4b_byte_kernel c4b_byte_amx_int8;
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
