// Layer normalisation (Ba, Kiros and Hinton, 2016), fused with the bias and the residual before it.

INLINE vec summand(const float *x, const float *bias, const float *residual, size_t i, size_t n) {
    vec y = n == WIDTH ? load(x + i) : load_partial(x + i, n);
    if (bias) y += n == WIDTH ? load(bias + i) : load_partial(bias + i, n);
    if (residual) y += n == WIDTH ? load(residual + i) : load_partial(residual + i, n);
    return y;
}

static void layer_norm(const float *x, size_t x_stride, const float *bias, const float *residual,
                       size_t residual_stride, const float *weight, const float *shift,
                       float epsilon, float *out, size_t out_stride, size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++) {
        vec total = splat(0.0f);
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec y = summand(x, bias, residual, i, WIDTH);
            store(out + i, y);
            total += y;
        }
        if (rest) {
            const vec y = summand(x, bias, residual, whole, rest);
            store_partial(out + whole, y, rest);
            total += y;
        }
        const float mean = sum_of(total) / (float)columns;
        // The variance from centred values: the difference of two large sums would lose digits.
        vec squares = splat(0.0f);
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec y = load(out + i) - splat(mean);
            squares += y * y;
        }
        float variance = sum_of(squares);
        for (size_t i = whole; i < columns; i++) {
            variance += (out[i] - mean) * (out[i] - mean);
        }
        variance /= (float)columns;
        const float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec y = (load(out + i) - splat(mean)) * splat(inverse);
            store(out + i, y * load(weight + i) + load(shift + i));
        }
        for (size_t i = whole; i < columns; i++) {
            out[i] = (out[i] - mean) * inverse * weight[i] + shift[i];
        }
        x += x_stride;
        out += out_stride;
        if (residual) residual += residual_stride;
    }
}
