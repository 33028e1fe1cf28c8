// Compiled once for each instruction set, with WIDTH, TILE_ROWS, TILE_VECTORS, KERNELS,
// PRODUCT and KERNELS_NAME defined by the file that includes it.
#include "vector_math.h"

#include "activations.h"
#include "element_types.h"
#include "layer_norm.h"
#include "rounding.h"
#include "softmax.h"

#include "panels.h"

#include "attention.h"         // uses panels.h and softmax.h
#include "packing.h"           // uses element_types.h and rounding.h
#include "panel_product.h"     // uses activations.h, element_types.h and panels.h
#include "widening_product.h"  // uses activations.h and rounding.h

const c4b_kernels KERNELS = {
    .name = KERNELS_NAME,
    .layer_norm = layer_norm,
    .activate = activate,
    .softmax = softmax,
    .attention = attention,
    .attention_scratch = attention_scratch,
    .embed = embed,
    .widen = widen,
    .pack_panels = pack_panels,
    .panel_floats = panel_floats,
    .panel_width = panel_width,
    .panel_product = panel_product,
    .pack_rows = pack_rows,
    .pack_weight = pack_weight,
};

const c4b_product_kernel PRODUCT = {
    .name = KERNELS_NAME,
    .multiply = multiply,
    .scratch_floats = PRODUCT_SCRATCH,
};
