// Compiled once for each instruction set, with WIDTH, TILE_ROWS, TILE_VECTORS, KERNELS and
// KERNELS_NAME defined by the file that includes it.
#include "vector_math.h"

#include "activations.h"
#include "element_types.h"
#include "layer_norm.h"
#include "softmax.h"

#include "attention.h"  // uses softmax.h

const c4b_kernels KERNELS = {
    .name = KERNELS_NAME,
    .layer_norm = layer_norm,
    .activate = activate,
    .softmax = softmax,
    .attention = attention,
    .attention_scratch = attention_scratch,
    .embed = embed,
    .widen = widen,
};
