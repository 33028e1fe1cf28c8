// The non-linearities again, with their derivatives.

typedef struct {
    vec value, slope;
} activated;

INLINE activated gelu_and_slope(vec x) {
    const vec half = splat(0.5f);
    const vec share = half * (splat(1.0f) + verf(x * splat(0.707106781f)));
    const vec density = splat(0.398942280f) * vexp(-half * x * x);
    return (activated){x * share, share + x * density};
}

INLINE activated activation_and_slope(c4b_activation activation, vec x) {
    const vec one = splat(1.0f), half = splat(0.5f);
    switch (activation) {
        case C4B_ACTIVATION_LINEAR:
            break;
        case C4B_ACTIVATION_GELU:
            return gelu_and_slope(x);
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
        case C4B_ACTIVATION_GELU_10: {
            const activated y = gelu_and_slope(x);
            const ivec clipped = y.value > splat(10.0f);
            return (activated){select_vec(clipped, splat(10.0f), y.value),
                               select_vec(clipped, splat(0.0f), y.slope)};
        }
        case C4B_ACTIVATION_MISH: {
            const vec e = vexp(vmin(x, splat(MISH_LIMIT))), n = mish_numerator(e);
            const vec share = n / (n + splat(2.0f));
            const vec rise = splat(4.0f) * e * (e + one) / ((n + splat(2.0f)) * (n + splat(2.0f)));
            return (activated){x * share, share + x * rise};
        }
        case C4B_ACTIVATION_HARDSWISH: {
            const vec middle = (x + x + splat(3.0f)) / splat(6.0f);
            const vec slope = select_vec(x > splat(3.0f), one, middle);
            return (activated){apply_activation(C4B_ACTIVATION_HARDSWISH, x),
                               select_vec(x < splat(-3.0f), splat(0.0f), slope)};
        }
        case C4B_ACTIVATION_LEAKY_RELU:
            return (activated){apply_activation(C4B_ACTIVATION_LEAKY_RELU, x),
                               select_vec(x <= splat(0.0f), splat(0.01f), one)};
        case C4B_ACTIVATION_RELU6: {
            const ivec inside = (x > splat(0.0f)) & (x < splat(6.0f));
            return (activated){apply_activation(C4B_ACTIVATION_RELU6, x),
                               select_vec(inside, one, splat(0.0f))};
        }
        case C4B_ACTIVATION_RELU2: {
            const vec y = apply_activation(C4B_ACTIVATION_RELU, x);
            return (activated){y * y, y + y};
        }
        case C4B_ACTIVATION_LAPLACE: {
            const vec t = laplace_argument(x);
            return (activated){apply_activation(C4B_ACTIVATION_LAPLACE, x),
                               splat(1.41421252f) * vexp(-t * t)};
        }
    }
    return (activated){x, one};
}

INLINE void activation_rows_backward(activated slope(c4b_activation, vec),
                                     c4b_activation activation, float *x, size_t stride,
                                     const float *bias, float *gradient, size_t gradient_stride,
                                     float *bias_gradient, size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride, gradient += gradient_stride) {
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec b = bias ? load(bias + i) : splat(0.0f);
            const activated y = slope(activation, load(x + i) + b);
            const vec g = load(gradient + i) * y.slope;
            store(x + i, y.value);
            store(gradient + i, g);
            if (bias_gradient) store(bias_gradient + i, load(bias_gradient + i) + g);
        }
        if (rest) {
            const vec b = bias ? load_partial(bias + whole, rest) : splat(0.0f);
            const activated y = slope(activation, load_partial(x + whole, rest) + b);
            const vec g = load_partial(gradient + whole, rest) * y.slope;
            store_partial(x + whole, y.value, rest);
            store_partial(gradient + whole, g, rest);
            for (size_t i = 0; bias_gradient && i < rest; i++) {
                bias_gradient[whole + i] += gradient[whole + i];
            }
        }
    }
}

// The slope goes by a pointer, so that in a debug build the frame below is not one of all loops times all
// activations.
INLINE void activation_rows_back(c4b_activation activation, float *x, size_t stride,
                                 const float *bias, float *gradient, size_t gradient_stride,
                                 float *bias_gradient, size_t rows, size_t columns) {
    activation_rows_backward(activation_and_slope, activation, x, stride, bias, gradient,
                             gradient_stride, bias_gradient, rows, columns);
}

static void activation_backward(c4b_activation activation, float *x, size_t stride,
                                const float *bias, float *gradient, size_t gradient_stride,
                                float *bias_gradient, size_t rows, size_t columns) {
    switch (activation) {
        EACH_ACTIVATION(activation_rows_back, x, stride, bias, gradient, gradient_stride,
                        bias_gradient, rows, columns)
    }
}
