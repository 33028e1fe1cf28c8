// The optimiser's step, and the sums before it.

static void accumulate(float *x, const float *y, size_t count) {
    const size_t whole = count - count % WIDTH;
    for (size_t i = 0; i < whole; i += WIDTH) store(x + i, load(x + i) + load(y + i));
    for (size_t i = whole; i < count; i++) x[i] += y[i];
}

static double sum_of_squares(const float *x, size_t count) {
    double total = 0.0;
    // Blocks are short enough for single precision to lose nothing that matters.
    const size_t block = 64 * WIDTH;
    for (size_t start = 0; start < count; start += block) {
        const size_t end = count - start < block ? count : start + block;
        vec squares = splat(0.0f);
        size_t i = start;
        for (; i + WIDTH <= end; i += WIDTH) squares += load(x + i) * load(x + i);
        double sum = (double)sum_of(squares);
        for (; i < end; i++) sum += (double)x[i] * (double)x[i];
        total += sum;
    }
    return total;
}

INLINE vec adamw_step(const c4b_adamw *step, vec value, vec g, vec *mean, vec *square) {
    g *= splat(step->gradient_scale);
    *mean += (g - *mean) * splat(step->mean_rate);
    *square = *square * splat(step->square_keep) + g * g * splat(step->square_rate);
    const vec root = vsqrt(*square) / splat(step->root_correction);
    return value * splat(step->decay) -
           splat(step->step_size) * (*mean / (root + splat(step->epsilon)));
}

static void adamw(const c4b_adamw *step, float *values, const float *gradient, float *mean,
                  float *square, size_t count) {
    for (size_t i = 0; i < count; i += WIDTH) {
        const size_t n = lanes_from(i, count);
        vec m = load_some(mean + i, n), s = load_some(square + i, n);
        const vec value =
            adamw_step(step, load_some(values + i, n), load_some(gradient + i, n), &m, &s);
        store_some(values + i, value, n);
        store_some(mean + i, m, n);
        store_some(square + i, s, n);
    }
}
