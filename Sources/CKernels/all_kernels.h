// Compiled once for each instruction set, with WIDTH, TILE_ROWS, TILE_VECTORS, KERNELS,
// PRODUCT and KERNELS_NAME defined by the file that includes it.
#include "vector_math.h"

#include "activations.h"
#include "element_types.h"
#include "layer_norm.h"
#include "rounding.h"
#include "softmax.h"

#include "attention.h"  // uses softmax.h
#include "packing.h"    // uses rounding.h and element_types.h
#include "widening_product.h"  // uses rounding.h and activations.h

const c4b_kernels KERNELS = {
    .name = KERNELS_NAME,
    .layer_norm = layer_norm,
    .activate = activate,
    .softmax = softmax,
    .attention = attention,
    .attention_scratch = attention_scratch,
    .embed = embed,
    .widen = widen,
    .pack_rows = pack_rows,
    .pack_weight = pack_weight,
};

const c4b_product_kernel PRODUCT = {
    .name = KERNELS_NAME,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};
