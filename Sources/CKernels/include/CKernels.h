/// The computations that BLAS does not have, one table of functions for each instruction set.
///
/// All matrices are row-major single precision; a stride is the distance between rows in elements.
/// Nothing here allocates, checks shapes or keeps state: the Swift module `Tensors` does the first
/// two where data enters.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elements.h"
#include "products.h"
#include "team.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Multi-head attention over one sequence, from the three raw products (biases not yet added).
typedef struct {
    const float *query;   ///< `queries` rows
    const float *key;     ///< `length` rows
    const float *value;   ///< `length` rows
    size_t query_stride, key_stride, value_stride;
    const float *_Nullable query_bias;  ///< heads * head_size, or null
    const float *_Nullable key_bias;
    const float *_Nullable value_bias;
    float *output;        ///< `queries` rows of heads * head_size
    size_t output_stride;
    size_t queries, length, head_size;
    size_t head_begin, head_end;  ///< the heads to compute
    float scale;          ///< 1 / sqrt(head_size)
} c4b_attention_job;

/// output = activation(input * weightᵀ + bias), for some of its columns, with a packed weight.
typedef struct {
    const float *input;   ///< `rows` rows of `inputs`
    size_t input_stride;
    const float *weight;  ///< from `pack_panels`
    const float *_Nullable bias;  ///< one for each output
    c4b_activation activation;
    float *output;        ///< `rows` rows
    size_t output_stride;
    size_t rows, inputs;
    size_t column_begin, column_end;  ///< the first one is a multiple of `panel_width`
} c4b_panel_job;

typedef struct {
    const char *name;

    /// out = layer_norm(x + bias + residual) * weight + shift, each row over `columns`.
    /// `out` may be `x`. `bias` and `residual` may be null.
    void (*layer_norm)(const float *x, size_t x_stride, const float *_Nullable bias,
                       const float *_Nullable residual, size_t residual_stride, const float *weight,
                       const float *shift, float epsilon, float *out, size_t out_stride,
                       size_t rows, size_t columns);

    /// x = activation(x + bias), in place. `bias` may be null.
    void (*activate)(c4b_activation activation, float *x, size_t stride,
                     const float *_Nullable bias, size_t rows, size_t columns);

    /// x = softmax(x) for each row, in place.
    void (*softmax)(float *x, size_t stride, size_t rows, size_t columns);

    /// See `c4b_attention_job`; `scratch` holds `attention_scratch` floats.
    void (*attention)(const c4b_attention_job *job, float *scratch);
    size_t (*attention_scratch)(size_t length, size_t head_size);

    /// out = table_row + position + token_type (the last may be null), one row of `columns`.
    void (*embed)(c4b_element element, const void *table_row, const float *position,
                  const float *_Nullable token_type, float *out, size_t columns);

    /// out[i] = the single-precision value of in[i].
    void (*widen)(c4b_element element, const void *in, float *out, size_t count);

    /// Tiles of activations, see products.h, from `rows` rows of `columns`; rows that fill up the last
    /// tile are 0. `pieces` is 1 or 2.
    void (*pack_rows)(const float *x, size_t stride, size_t rows, size_t columns, int pieces,
                      uint16_t *out);

    /// Tiles of a weight, [outputs, inputs], as it is stored: the tile rows `begin` ..< `end` of 16
    /// outputs each. `out` is where the first tile row of all goes.
    void (*pack_weight)(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                        int pieces, size_t begin, size_t end, uint16_t *out);

    /// Lays a row-major weight, `outputs` rows of `inputs`, out for `panel_product`; `packed` holds
    /// `panel_floats` floats.
    void (*pack_panels)(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                 float *packed);
    size_t (*panel_floats)(size_t outputs, size_t inputs);
    /// Outputs that lie side by side: where the columns of a product may be divided.
    size_t (*panel_width)(void);
    /// See `c4b_panel_job`.
    void (*panel_product)(const c4b_panel_job *job);
} c4b_kernels;

/// The tables that this processor can run, fastest first; the portable one is always the last.
size_t c4b_kernels_available(const c4b_kernels *_Nonnull *_Nonnull tables, size_t capacity);

/// The table in use: the fastest one, or the one that the environment variable
/// `CLOUD4BERT_KERNELS` names, if this processor can run it. Chosen once.
const c4b_kernels *c4b_kernels_selected(void);

/// The vector and matrix extensions of this processor that matter here, separated by spaces.
const char *c4b_cpu_extensions(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
