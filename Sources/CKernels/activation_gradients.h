// The non-linearities again, with their derivatives.

typedef struct {
    vec value, slope;
} activated;

INLINE activated activation_and_slope(c4b_activation activation, vec x) {
    const vec one = splat(1.0f), half = splat(0.5f);
    switch (activation) {
        case C4B_ACTIVATION_LINEAR:
            break;
        case C4B_ACTIVATION_GELU: {
            const vec share = half * (one + verf(x * splat(0.707106781f)));
            const vec density = splat(0.398942280f) * vexp(-half * x * x);
            return (activated){x * share, share + x * density};
        }
        case C4B_ACTIVATION_GELU_TANH: {
            const vec square = x * x;
            const vec t = vtanh(splat(0.797884561f) * (x + splat(0.044715f) * square * x));
            const vec inner = splat(0.797884561f) * (one + splat(0.134145f) * square);
            return (activated){half * x * (one + t),
                               half * (one + t) + half * x * (one - t * t) * inner};
        }
        case C4B_ACTIVATION_GELU_SIGMOID: {
            const vec s = vsigmoid(splat(1.702f) * x);
            return (activated){x * s, s + splat(1.702f) * x * s * (one - s)};
        }
        case C4B_ACTIVATION_SILU: {
            const vec s = vsigmoid(x);
            return (activated){x * s, s + x * s * (one - s)};
        }
        case C4B_ACTIVATION_SIGMOID: {
            const vec s = vsigmoid(x);
            return (activated){s, s * (one - s)};
        }
        case C4B_ACTIVATION_RELU:
            return (activated){apply_activation(C4B_ACTIVATION_RELU, x),
                               select_vec(x <= splat(0.0f), splat(0.0f), one)};
        case C4B_ACTIVATION_TANH: {
            const vec t = vtanh(x);
            return (activated){t, one - t * t};
        }
    }
    return (activated){x, one};
}

INLINE void activation_rows_backward(c4b_activation activation, float *x, size_t stride,
                                     const float *bias, float *gradient, size_t gradient_stride,
                                     float *bias_gradient, size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride, gradient += gradient_stride) {
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec b = bias ? load(bias + i) : splat(0.0f);
            const activated y = activation_and_slope(activation, load(x + i) + b);
            const vec g = load(gradient + i) * y.slope;
            store(x + i, y.value);
            store(gradient + i, g);
            if (bias_gradient) store(bias_gradient + i, load(bias_gradient + i) + g);
        }
        if (rest) {
            const vec b = bias ? load_partial(bias + whole, rest) : splat(0.0f);
            const activated y = activation_and_slope(activation, load_partial(x + whole, rest) + b);
            const vec g = load_partial(gradient + whole, rest) * y.slope;
            store_partial(x + whole, y.value, rest);
            store_partial(gradient + whole, g, rest);
            for (size_t i = 0; bias_gradient && i < rest; i++) {
                bias_gradient[whole + i] += gradient[whole + i];
            }
        }
    }
}

static void activation_backward(c4b_activation activation, float *x, size_t stride,
                                const float *bias, float *gradient, size_t gradient_stride,
                                float *bias_gradient, size_t rows, size_t columns) {
    switch (activation) {
        EACH_ACTIVATION(activation_rows_backward, x, stride, bias, gradient, gradient_stride,
                        bias_gradient, rows, columns)
    }
}
