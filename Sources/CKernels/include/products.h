/// Products of activations with weights, both as bfloat16 numbers in the tiles that AMX multiplies, with
/// sums in single precision.
///
/// A tile is 16 x 32 numbers, 1 KB. Of activations it holds 16 rows by 32 columns, row by row. Of a
/// weight, [outputs, inputs], it holds 16 outputs by 32 inputs: first the inputs 0 and 1 of output 0,
/// of output 1, … of output 15, then the inputs 2 and 3 of each, and so on. Tiles lie one after another
/// along the depth, the inputs; where numbers have two pieces, the tile of the low pieces follows that
/// of the high ones. What lies outside a matrix is 0, and a weight has an even number of tile rows.
#ifndef C4B_PRODUCTS_H
#define C4B_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elements.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

enum {
    C4B_TILE_ROWS = 16,      ///< rows of activations, or outputs
    C4B_TILE_DEPTH = 32,     ///< numbers that a product sums over
    C4B_TILE_NUMBERS = 512,  ///< in a tile
};

/// output = activation(input weightᵀ + bias), for some of the outputs.
typedef struct {
    const uint16_t *input;
    const uint16_t *weight;
    /// 1, or 2 for numbers that are the sum of two: then high times high, high times low and low times
    /// high are summed. A weight of one piece goes with inputs of two, not the other way round.
    int input_pieces, weight_pieces;
    size_t rows;
    size_t depth_tiles;
    size_t columns;     ///< outputs in all
    size_t begin, end;  ///< the tile rows of the weight to be used, 16 outputs each
    const float *_Nullable bias;
    c4b_activation activation;
    /// Where the results go: single precision, or if null `packed_output`, tiles of activations with as
    /// many pieces as `input`.
    float *_Nullable output;
    size_t output_stride;
    bool adds;  ///< to what is in `output`, with neither bias nor activation
    uint16_t *_Nullable packed_output;
    float *scratch;  ///< `scratch_floats`, on a 64-byte boundary
} c4b_product_job;

/// One way to compute such a product.
typedef struct {
    const char *name;
    /// Products in the time in which the processor's vectors compute one in single precision: 1 where
    /// numbers must be widened first, 0 for what is not meant to be fast.
    int speed;
    void (*multiply)(const c4b_product_job *job);
    size_t scratch_floats;
} c4b_product_kernel;

/// The kernels that this processor and its system can run, fastest first. The last one is an emulation
/// of AMX, for tests.
size_t c4b_product_kernels_available(const c4b_product_kernel *_Nonnull *_Nonnull kernels,
                                     size_t capacity);

/// The kernel in use: the fastest one, or the one that the environment variable `CLOUD4BERT_PRODUCTS`
/// names, if it can run here. Chosen once.
const c4b_product_kernel *c4b_product_kernel_selected(void);

/// Why this machine does not multiply with AMX; null where it does.
const char *_Nullable c4b_amx_obstacle(void);

#if defined(__x86_64__)
/// The AMX kernel, whether or not it can run here: for tests that trap its instructions.
extern const c4b_product_kernel c4b_product_amx_bf16;
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
