// Layer normalisation for training: with the dropout before it, keeping what the way back needs.

INLINE vec load_some(const float *x, size_t n) { return n == WIDTH ? load(x) : load_partial(x, n); }

INLINE void store_some(float *x, vec y, size_t n) {
    if (n == WIDTH) {
        store(x, y);
    } else {
        store_partial(x, y, n);
    }
}

INLINE void add_some(float *x, vec y, size_t n) { store_some(x, load_some(x, n) + y, n); }

INLINE size_t lanes_from(size_t i, size_t columns) {
    return columns - i < WIDTH ? columns - i : WIDTH;
}

static void layer_norm_forward(const c4b_layer_norm_job *job) {
    const size_t columns = job->columns;
    for (size_t row = 0; row < job->rows; row++) {
        float *const x = job->x + row * job->x_stride;
        const float *const residual =
            job->residual ? job->residual + row * job->residual_stride : NULL;
        float *const out = job->out + row * job->out_stride;
        const uint64_t key = job->dropout ? keyed(job->dropout->key, job->row_numbers[row]) : 0;
        vec total = splat(0.0f);
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            vec y = summand(x, job->bias, NULL, i, n);
            if (job->dropout) y *= dropout_factors(job->dropout, key, i);
            if (residual) y += load_some(residual + i, n);
            if (n < WIDTH) y = first_lanes(y, n, splat(0.0f));
            store_some(x + i, y, n);
            total += y;
        }
        const float mean = sum_of(total) / (float)columns;
        vec squares = splat(0.0f);
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            vec y = load_some(x + i, n) - splat(mean);
            if (n < WIDTH) y = first_lanes(y, n, splat(0.0f));
            squares += y * y;
        }
        const float variance = sum_of(squares) / (float)columns;
        const float inverse = 1.0f / __builtin_sqrtf(variance + job->epsilon);
        job->inverse[row] = inverse;
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            const vec y = (load_some(x + i, n) - splat(mean)) * splat(inverse);
            store_some(x + i, y, n);
            store_some(out + i, y * load_some(job->weight + i, n) + load_some(job->shift + i, n),
                       n);
        }
    }
}

// With the normalised row y and the gradient g by weight * y + shift, that by the sum before is
//     inverse * (h - mean(h) - y * mean(h * y)),  h = weight * g.
static void layer_norm_backward(const c4b_layer_norm_gradients *job) {
    const size_t columns = job->columns;
    for (size_t row = 0; row < job->rows; row++) {
        float *const gradient = job->gradient + row * job->gradient_stride;
        const float *const normalised = job->normalised + row * job->normalised_stride;
        const uint64_t key = job->dropout ? keyed(job->dropout->key, job->row_numbers[row]) : 0;
        vec sum = splat(0.0f), product = splat(0.0f);
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            const vec g = load_some(gradient + i, n), y = load_some(normalised + i, n);
            const vec h = g * load_some(job->weight + i, n);
            sum += h;
            product += h * y;
            add_some(job->weight_gradient + i, g * y, n);
            add_some(job->shift_gradient + i, g, n);
        }
        const vec mean = splat(sum_of(sum) / (float)columns);
        const vec slope = splat(sum_of(product) / (float)columns);
        const vec inverse = splat(job->inverse[row]);
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            const vec y = load_some(normalised + i, n);
            const vec h = load_some(gradient + i, n) * load_some(job->weight + i, n);
            vec g = inverse * (h - mean - y * slope);
            store_some(gradient + i, g, n);
            if (job->dropout) g *= dropout_factors(job->dropout, key, i);
            if (job->x_gradient)
                store_some(job->x_gradient + row * job->x_gradient_stride + i, g, n);
            if (job->bias_gradient) add_some(job->bias_gradient + i, g, n);
        }
    }
}

static void column_sums(const float *x, size_t stride, size_t rows, size_t columns, float *sums) {
    for (size_t row = 0; row < rows; row++, x += stride) {
        for (size_t i = 0; i < columns; i += WIDTH) {
            const size_t n = lanes_from(i, columns);
            add_some(sums + i, load_some(x + i, n), n);
        }
    }
}
