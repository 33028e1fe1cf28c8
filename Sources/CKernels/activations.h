// The non-linearities of `ACT2FN` in transformers, fused with the bias that precedes them.

INLINE vec apply_gelu(vec x) {
    // 1 + erf(x / sqrt(2)) from one tail: on the left, erfc does not even cancel.
    const vec tail = verfc_positive(vabs(x) * splat(0.707106781f));
    return x * splat(0.5f) * select_vec(x < splat(0.0f), tail, splat(2.0f) - tail);
}

INLINE vec laplace_argument(vec x) { return (x - splat(0.707107f)) / splat(0.398942575f); }

/// tanh(log(1 + e^x)) = n / (n + 2).
INLINE vec mish_numerator(vec exp_x) { return exp_x * (exp_x + splat(2.0f)); }

/// From there on it is 1.
#define MISH_LIMIT 20.0f

INLINE vec apply_activation(c4b_activation activation, vec x) {
    switch (activation) {
        case C4B_ACTIVATION_LINEAR:
            return x;
        case C4B_ACTIVATION_GELU:
            return apply_gelu(x);
        case C4B_ACTIVATION_GELU_TANH: {
            const vec inner = splat(0.797884561f) * (x + splat(0.044715f) * x * x * x);
            return splat(0.5f) * x * (splat(1.0f) + vtanh(inner));
        }
        case C4B_ACTIVATION_GELU_SIGMOID:
            return x * vsigmoid(splat(1.702f) * x);
        case C4B_ACTIVATION_SILU:
            return x * vsigmoid(x);
        case C4B_ACTIVATION_SIGMOID:
            return vsigmoid(x);
        case C4B_ACTIVATION_RELU:
            // NaN passes, as in PyTorch.
            return select_vec(x < splat(0.0f), splat(0.0f), x);
        case C4B_ACTIVATION_TANH:
            return vtanh(x);
        case C4B_ACTIVATION_GELU_10: {
            // Nowhere is it below -10.
            const vec y = apply_gelu(x);
            return select_vec(y > splat(10.0f), splat(10.0f), y);
        }
        case C4B_ACTIVATION_MISH: {
            const vec n = mish_numerator(vexp(vmin(x, splat(MISH_LIMIT))));
            return x * (n / (n + splat(2.0f)));
        }
        case C4B_ACTIVATION_HARDSWISH:
            return x * vmin(vmax(x + splat(3.0f), splat(0.0f)), splat(6.0f)) / splat(6.0f);
        case C4B_ACTIVATION_LEAKY_RELU:
            return select_vec(x < splat(0.0f), splat(0.01f) * x, x);
        case C4B_ACTIVATION_RELU6:
            return select_vec(x < splat(0.0f), splat(0.0f),
                              select_vec(x > splat(6.0f), splat(6.0f), x));
        case C4B_ACTIVATION_RELU2: {
            const vec y = select_vec(x < splat(0.0f), splat(0.0f), x);
            return y * y;
        }
        case C4B_ACTIVATION_LAPLACE:
            return splat(0.5f) * (splat(1.0f) + verf(laplace_argument(x)));
    }
    return x;
}

/// `out` may be `x`.
INLINE void activate_rows(vec apply(c4b_activation, vec), c4b_activation activation, const float *x,
                          size_t stride, const float *bias, float *out, size_t out_stride,
                          size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride, out += out_stride) {
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec b = bias ? load(bias + i) : splat(0.0f);
            store(out + i, apply(activation, load(x + i) + b));
        }
        if (rest) {
            const vec b = bias ? load_partial(bias + whole, rest) : splat(0.0f);
            store_partial(out + whole, apply(activation, load_partial(x + whole, rest) + b), rest);
        }
    }
}

// The cases of a switch that calls `function` with each activation: one loop an activation, so that
// the choice is made outside it.
#define EACH_ACTIVATION(function, ...)                                  \
    ACTIVATION_CASE(C4B_ACTIVATION_LINEAR, function, __VA_ARGS__)       \
    ACTIVATION_CASE(C4B_ACTIVATION_GELU, function, __VA_ARGS__)         \
    ACTIVATION_CASE(C4B_ACTIVATION_GELU_TANH, function, __VA_ARGS__)    \
    ACTIVATION_CASE(C4B_ACTIVATION_GELU_SIGMOID, function, __VA_ARGS__) \
    ACTIVATION_CASE(C4B_ACTIVATION_RELU, function, __VA_ARGS__)         \
    ACTIVATION_CASE(C4B_ACTIVATION_SILU, function, __VA_ARGS__)         \
    ACTIVATION_CASE(C4B_ACTIVATION_TANH, function, __VA_ARGS__)         \
    ACTIVATION_CASE(C4B_ACTIVATION_SIGMOID, function, __VA_ARGS__)      \
    ACTIVATION_CASE(C4B_ACTIVATION_GELU_10, function, __VA_ARGS__)      \
    ACTIVATION_CASE(C4B_ACTIVATION_MISH, function, __VA_ARGS__)         \
    ACTIVATION_CASE(C4B_ACTIVATION_HARDSWISH, function, __VA_ARGS__)    \
    ACTIVATION_CASE(C4B_ACTIVATION_LEAKY_RELU, function, __VA_ARGS__)   \
    ACTIVATION_CASE(C4B_ACTIVATION_RELU6, function, __VA_ARGS__)        \
    ACTIVATION_CASE(C4B_ACTIVATION_RELU2, function, __VA_ARGS__)        \
    ACTIVATION_CASE(C4B_ACTIVATION_LAPLACE, function, __VA_ARGS__)
#define ACTIVATION_CASE(name, function, ...) \
    case name:                               \
        function(name, __VA_ARGS__);         \
        break;

INLINE void activate_exactly(c4b_activation activation, const float *x, size_t stride,
                             const float *bias, float *out, size_t out_stride, size_t rows,
                             size_t columns) {
    activate_rows(apply_activation, activation, x, stride, bias, out, out_stride, rows, columns);
}

static void activate_into(c4b_activation activation, const float *x, size_t stride,
                          const float *bias, float *out, size_t out_stride, size_t rows,
                          size_t columns) {
    switch (activation) {
        EACH_ACTIVATION(activate_exactly, x, stride, bias, out, out_stride, rows, columns)
    }
}

static void activate(c4b_activation activation, float *x, size_t stride, const float *bias,
                     size_t rows, size_t columns) {
    activate_into(activation, x, stride, bias, x, stride, rows, columns);
}
