#ifndef C4B_ELEMENTS_H
#define C4B_ELEMENTS_H

/// What the feed-forward block applies between its two products (`ACT2FN` in transformers).
typedef enum {
    C4B_ACTIVATION_LINEAR,        ///< the identity
    C4B_ACTIVATION_GELU,          ///< x * Phi(x), by erf
    C4B_ACTIVATION_GELU_TANH,     ///< the tanh approximation: gelu_new, gelu_pytorch_tanh
    C4B_ACTIVATION_GELU_SIGMOID,  ///< x * sigmoid(1.702 x): quick_gelu
    C4B_ACTIVATION_RELU,
    C4B_ACTIVATION_SILU,  ///< x * sigmoid(x): silu, swish
    C4B_ACTIVATION_TANH,
    C4B_ACTIVATION_SIGMOID,
    C4B_ACTIVATION_GELU_10,     ///< min(x * Phi(x), 10)
    C4B_ACTIVATION_MISH,        ///< x * tanh(log(1 + e^x))
    C4B_ACTIVATION_HARDSWISH,   ///< x * min(max(x + 3, 0), 6) / 6
    C4B_ACTIVATION_LEAKY_RELU,  ///< max(x, 0.01 x)
    C4B_ACTIVATION_RELU6,       ///< min(max(x, 0), 6)
    C4B_ACTIVATION_RELU2,       ///< max(x, 0)^2
    C4B_ACTIVATION_LAPLACE,     ///< (1 + erf((x - 0.707107) / (0.282095 sqrt(2)))) / 2
} c4b_activation;

/// How the elements of a stored table are encoded.
typedef enum { C4B_FLOAT32, C4B_FLOAT16, C4B_BFLOAT16 } c4b_element;

#endif
