// Compiled once for each instruction set, with WIDTH, TILE_ROWS, TILE_VECTORS, KERNELS and
// KERNELS_NAME defined by the file that includes it.
#include "vector_math.h"

#include "activations.h"
#include "element_types.h"
#include "layer_norm.h"
#include "softmax.h"

#include "panels.h"

#include "attention.h"       // uses panels.h and softmax.h
#include "panel_product.h"  // uses activations.h, element_types.h and panels.h

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
};
