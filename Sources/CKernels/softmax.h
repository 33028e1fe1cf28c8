/// x[0..<n] becomes e^(x - max x); returns the sum and sets `maximum`. The elements from n up to the
/// next multiple of WIDTH must be there and become 0.
INLINE float exponentials_below(float *x, size_t n, float *maximum) {
    const size_t whole = n - n % WIDTH, rest = n % WIDTH;
    const vec least = splat(-__builtin_inff());
    const vec tail = rest ? first_lanes(load(x + whole), rest, least) : least;
    vec top = tail;
    for (size_t i = 0; i < whole; i += WIDTH) top = vmax(top, load(x + i));
    *maximum = max_of(top);
    const vec largest = splat(*maximum);
    vec total = splat(0.0f);
    for (size_t i = 0; i < whole; i += WIDTH) {
        const vec y = vexp_nonpositive(load(x + i) - largest);
        store(x + i, y);
        total += y;
    }
    if (rest) {
        const vec y = first_lanes(vexp_nonpositive(tail - largest), rest, splat(0.0f));
        store(x + whole, y);
        total += y;
    }
    return sum_of(total);
}

INLINE float exponentials(float *x, size_t n) {
    float maximum;
    return exponentials_below(x, n, &maximum);
}

static void softmax(float *x, size_t stride, size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride) {
        // The row may end where the memory does, so the tail goes through a padded copy.
        const vec tail = rest ? load_partial(x + whole, rest) : splat(0.0f);
        float largest = -__builtin_inff();
        vec top = splat(largest);
        for (size_t i = 0; i < whole; i += WIDTH) top = vmax(top, load(x + i));
        largest = max_of(top);
        for (size_t i = whole; i < columns; i++) largest = x[i] > largest ? x[i] : largest;
        vec total = splat(0.0f);
        for (size_t i = 0; i < whole; i += WIDTH) {
            const vec y = vexp(load(x + i) - splat(largest));
            store(x + i, y);
            total += y;
        }
        float sum = sum_of(total);
        if (rest) {
            store_partial(x + whole, vexp(tail - splat(largest)), rest);
            for (size_t i = whole; i < columns; i++) sum += x[i];
        }
        const float inverse = 1.0f / sum;
        for (size_t i = 0; i < columns; i++) x[i] *= inverse;
    }
}
