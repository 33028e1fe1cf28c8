// Compiled once for each instruction set, with WIDTH, TILE_ROWS, TILE_VECTORS, KERNELS, PRODUCT,
// KERNELS_NAME and BEATS_BLAS defined by the file that includes it.
#include "vector_math.h"

#include "activations.h"
#include "element_types.h"
#include "layer_norm.h"
#include "prefetching.h"
#include "rounding.h"
#include "softmax.h"

#include "panels.h"  // uses prefetching.h

#include "attention.h"  // uses panels.h and softmax.h
#include "byte_rows.h"  // uses activations.h and element_types.h
#include "pair_transposition.h"
#include "packing.h"           // uses element_types.h, pair_transposition.h and rounding.h
#include "panel_product.h"     // uses activations.h, element_types.h, panels.h, prefetching.h
#include "widening_product.h"  // uses activations.h, prefetching.h and rounding.h

#include "dropout.h"

#include "activation_gradients.h"  // uses activations.h
#include "attention_training.h"    // uses attention.h and dropout.h
#include "layer_norm_training.h"   // uses layer_norm.h and dropout.h
#include "operand_packing.h"       // uses pair_transposition.h
#include "optimizer.h"

const c4b_kernels KERNELS = {
    .name = KERNELS_NAME,
    .beats_blas = BEATS_BLAS,
    .panel_width = PANEL,
    .layer_norm = layer_norm,
    .activate = activate,
    .softmax = softmax,
    .attention = attention,
    .attention_scratch = attention_scratch,
    .embed = embed,
    .widen = widen,
    .pack_panels = pack_panels,
    .panel_floats = panel_floats,
    .panel_product = panel_product,
    .pack_rows = pack_rows,
    .pack_weight = pack_weight,
    .quantize_rows = quantize_rows,
    .quantize_weight = quantize_weight,
    .finish_bytes = finish_bytes,
    .activate_into = activate_into,
    .activation_backward = activation_backward,
    .dropout = dropout,
    .layer_norm_forward = layer_norm_forward,
    .layer_norm_backward = layer_norm_backward,
    .attention_forward = attention_forward,
    .attention_backward = attention_backward,
    .attention_training_scratch = attention_training_scratch,
    .column_sums = column_sums,
    .accumulate = accumulate,
    .pack_left = pack_left,
    .pack_right = pack_right,
    .sum_of_squares = sum_of_squares,
    .adamw = adamw,
};

const c4b_product_kernel PRODUCT = {
    .name = KERNELS_NAME,
    .speed = 1,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};
