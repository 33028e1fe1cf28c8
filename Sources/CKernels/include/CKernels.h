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

#include "byte_products.h"
#include "elements.h"
#include "products.h"
#include "team.h"
#include "threads.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Multi-head attention over one sequence, from the three raw products (biases not yet added).
typedef struct {
    const float *query;  ///< `queries` rows
    const float *key;    ///< `length` rows
    const float *value;  ///< `length` rows
    size_t query_stride, key_stride, value_stride;
    const float *_Nullable query_bias;  ///< heads * head_size, or null
    const float *_Nullable key_bias;
    const float *_Nullable value_bias;
    float *output;  ///< `queries` rows of heads * head_size
    size_t output_stride;
    size_t queries, length, head_size;
    size_t head_begin, head_end;  ///< the heads to compute
    float scale;                  ///< 1 / sqrt(head_size)
} c4b_attention_job;

/// output = activation(input * weightᵀ + bias), for some of its columns, with a packed weight.
typedef struct {
    const float *input;  ///< `rows` rows of `inputs`
    size_t input_stride;
    const float *weight;          ///< from `pack_panels`
    const float *_Nullable bias;  ///< one for each output
    c4b_activation activation;
    float *output;  ///< `rows` rows
    size_t output_stride;
    size_t rows, inputs;
    size_t column_begin, column_end;  ///< the first one is a multiple of `panel_width`
} c4b_panel_job;

/// Which elements of rows are dropped (Srivastava et al., 2014): a function of a key, the row's number
/// and the column, so that nothing is stored, and the same for every instruction set.
typedef struct {
    uint64_t key;
    uint32_t threshold;  ///< the probability, times 2^32
    float scale;         ///< 1 / (1 - probability), of the elements that are kept
} c4b_dropout;

/// Attention over one sequence for training: keeps what the way back needs.
typedef struct {
    const float *query;  ///< `queries` rows: of the first tokens of the sequence, or of all
    const float *key;    ///< `length` rows
    const float *value;  ///< `length` rows
    size_t query_stride, key_stride, value_stride;
    const float *query_bias;  ///< heads * head_size
    const float *key_bias;
    const float *value_bias;
    float *output;  ///< `queries` rows of heads * head_size: written forward, read backward
    size_t output_stride;
    float *log_sums;  ///< `queries` rows of heads, log of the sum of e^score: as `output`
    size_t log_sums_stride;
    size_t queries, length, head_size, heads;
    float scale;                            ///< 1 / sqrt(head_size)
    const c4b_dropout *_Nullable dropout;   ///< of the probabilities, or null
    const uint64_t *_Nullable row_numbers;  ///< one a query, for the dropout
} c4b_attention_training_job;

/// Where the derivatives of attention come from and go to.
typedef struct {
    const float *output;  ///< `queries` rows: the derivatives by `output`
    size_t output_stride;
    float *query;  ///< overwritten, as the next two
    float *key;
    float *value;
    size_t query_stride, key_stride, value_stride;
} c4b_attention_gradients;

/// out = layer_norm(dropout(x + bias) + residual) * weight + shift, for training.
typedef struct {
    float *x;  ///< becomes the normalised sum, before weight and shift
    size_t x_stride;
    const float *_Nullable bias;
    const float *_Nullable residual;
    size_t residual_stride;
    const float *weight;
    const float *shift;
    float epsilon;
    float *inverse;  ///< one a row: 1 / the standard deviation
    float *out;
    size_t out_stride;
    size_t rows, columns;
    const c4b_dropout *_Nullable dropout;
    const uint64_t *_Nullable row_numbers;  ///< one a row, for the dropout
} c4b_layer_norm_job;

/// The way back through a `c4b_layer_norm_job`.
typedef struct {
    float *gradient;  ///< by `out`; becomes that by the sum that was normalised
    size_t gradient_stride;
    const float *normalised;
    size_t normalised_stride;
    const float *inverse;
    const float *weight;
    float *weight_gradient;  ///< the next three are added to
    float *shift_gradient;
    float *_Nullable bias_gradient;
    float *_Nullable x_gradient;  ///< written: by x, where that differs from the sum's
    size_t x_gradient_stride;
    size_t rows, columns;
    const c4b_dropout *_Nullable dropout;
    const uint64_t *_Nullable row_numbers;
} c4b_layer_norm_gradients;

/// One step of AdamW (Loshchilov and Hutter, 2017), in the terms of torch.optim.AdamW.
typedef struct {
    float gradient_scale;   ///< of clipping
    float decay;            ///< 1 - learning rate * weight decay
    float mean_rate;        ///< 1 - beta1
    float square_keep;      ///< beta2
    float square_rate;      ///< 1 - beta2
    float step_size;        ///< learning rate / (1 - beta1^step)
    float root_correction;  ///< sqrt(1 - beta2^step)
    float epsilon;
} c4b_adamw;

/// The functions of one instruction set, and what they are good for.
typedef struct {
    const char *name;
    /// Whether `panel_product` is faster than sgemm of a BLAS library, which packs the weight in each
    /// call.
    bool beats_blas;
    /// Outputs that lie side by side in a weight of `pack_panels`: where the columns of a product may be
    /// divided.
    size_t panel_width;

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

    /// Rows of activations as bytes, see byte_products.h: `out_stride` is `columns` rounded up to
    /// C4B_BYTE_DEPTH.
    void (*quantize_rows)(const float *x, size_t stride, size_t rows, size_t columns, uint8_t *out,
                          size_t out_stride, c4b_byte_row *out_rows);

    /// A weight, [outputs, inputs], as it is stored, as bytes: the panels `begin` ..< `end`. `out` and
    /// `columns` are those of the first panel of all.
    void (*quantize_weight)(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                            size_t begin, size_t end, int8_t *out, c4b_byte_columns columns);

    /// See `c4b_byte_job`.
    void (*finish_bytes)(const c4b_byte_job *job, size_t row, size_t rows, size_t panel,
                         int32_t *sums);

    /// Lays a row-major weight, `outputs` rows of `inputs`, out for `panel_product`; `packed` holds
    /// `panel_floats` floats.
    void (*pack_panels)(c4b_element element, const void *weight, size_t outputs, size_t inputs,
                        float *packed);
    size_t (*panel_floats)(size_t outputs, size_t inputs);
    /// See `c4b_panel_job`.
    void (*panel_product)(const c4b_panel_job *job);

    // For training.

    /// out = activation(x + bias). `bias` may be null.
    void (*activate_into)(c4b_activation activation, const float *x, size_t stride,
                          const float *_Nullable bias, float *out, size_t out_stride, size_t rows,
                          size_t columns);

    /// gradient = gradient * activation'(x + bias), x = activation(x + bias); the column sums of the
    /// new gradient are added to `bias_gradient`. Both biases may be null.
    void (*activation_backward)(c4b_activation activation, float *x, size_t stride,
                                const float *_Nullable bias, float *gradient,
                                size_t gradient_stride, float *_Nullable bias_gradient, size_t rows,
                                size_t columns);

    /// x = x * scale where it is kept, and 0 elsewhere.
    void (*dropout)(const c4b_dropout *dropout, const uint64_t *row_numbers, float *x,
                    size_t stride, size_t rows, size_t columns);

    void (*layer_norm_forward)(const c4b_layer_norm_job *job);
    void (*layer_norm_backward)(const c4b_layer_norm_gradients *job);

    /// `scratch` holds `attention_training_scratch` floats, for either way.
    void (*attention_forward)(const c4b_attention_training_job *job, float *scratch);
    void (*attention_backward)(const c4b_attention_training_job *job,
                               const c4b_attention_gradients *gradients, float *scratch);
    size_t (*attention_training_scratch)(size_t length, size_t head_size);

    /// sums += the sum of each column.
    void (*column_sums)(const float *x, size_t stride, size_t rows, size_t columns, float *sums);

    /// x += y
    void (*accumulate)(float *x, const float *y, size_t count);

    /// Tiles of activations in two pieces, see products.h, of a single-precision matrix [rows, depth],
    /// or of the transpose of a matrix [depth, rows]. An infinity becomes NaN.
    void (*pack_left)(const float *x, size_t stride, bool transposed, size_t rows, size_t depth,
                      uint16_t *out);

    /// Tiles of a weight in two pieces, of a matrix [outputs, depth], or of the transpose of a matrix
    /// [depth, outputs]. An infinity becomes NaN.
    void (*pack_right)(const float *x, size_t stride, bool transposed, size_t outputs, size_t depth,
                       uint16_t *out);

    /// The sum of x[i]^2.
    double (*sum_of_squares)(const float *x, size_t count);

    /// Moves `values` by their `gradient` and its moments, of which both are brought up to date.
    void (*adamw)(const c4b_adamw *step, float *values, const float *gradient, float *mean,
                  float *square, size_t count);
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
