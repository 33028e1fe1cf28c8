// Dropout (Srivastava et al., 2014) by random numbers that are counted, not stored: the way back draws
// the same ones again.

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
INLINE uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/// The key of row `number` among the rows of `key`.
INLINE uint64_t keyed(uint64_t key, uint64_t number) {
    return mixed(key + (number + 1) * 0x9E3779B97F4A7C15u);
}

/// `scale` where an element is kept and 0 where it is dropped, for WIDTH columns from `column` on: two
/// rounds of a 32-bit mixer, each with half of the row's key.
INLINE vec dropout_factors(const c4b_dropout *dropout, uint64_t key, size_t column) {
    uvec lane;
    for (int i = 0; i < WIDTH; i++) lane[i] = (uint32_t)i;
    uvec x = (lane + (uvec)((uint32_t)column)) * (uvec)(0x9E3779B9u) + (uvec)((uint32_t)key);
    x = (x ^ (x >> 16)) * (uvec)(0x21F0AAADu);
    x = (x ^ (x >> 15)) + (uvec)((uint32_t)(key >> 32));
    x = (x ^ (x >> 16)) * (uvec)(0xD35A2D97u);
    x = x ^ (x >> 15);
    const ivec kept = (ivec)(x >= (uvec)(dropout->threshold));
    return select_vec(kept, splat(dropout->scale), splat(0.0f));
}

static void dropout(const c4b_dropout *dropout, const uint64_t *row_numbers, float *x,
                    size_t stride, size_t rows, size_t columns) {
    const size_t whole = columns - columns % WIDTH, rest = columns % WIDTH;
    for (size_t row = 0; row < rows; row++, x += stride) {
        const uint64_t key = keyed(dropout->key, row_numbers[row]);
        for (size_t i = 0; i < whole; i += WIDTH) {
            store(x + i, load(x + i) * dropout_factors(dropout, key, i));
        }
        if (rest) {
            const vec y = load_partial(x + whole, rest) * dropout_factors(dropout, key, whole);
            store_partial(x + whole, y, rest);
        }
    }
}
