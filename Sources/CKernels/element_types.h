// From the element types of checkpoints to single precision, exactly.

INLINE float half_to_float(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t bits;
    if ((h & 0x7C00) == 0x7C00) {
        bits = 0x7F800000u | (uint32_t)(h & 0x3FF) << 13;
    } else if (h & 0x7C00) {
        bits = ((uint32_t)(h & 0x7FFF) << 13) + (112u << 23);
    } else {
        // A subnormal half is a whole number of 2^-24.
        const float magnitude = (float)(h & 0x3FF) * 0x1p-24f;
        memcpy(&bits, &magnitude, 4);
    }
    bits |= sign;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

INLINE float bfloat16_to_float(uint16_t b) {
    const uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

INLINE float element_at(c4b_element element, const void *p, size_t i) {
    // Checkpoints give no alignment: memcpy reads any address.
    if (element == C4B_FLOAT32) {
        float f;
        memcpy(&f, (const char *)p + 4 * i, 4);
        return f;
    }
    uint16_t h;
    memcpy(&h, (const char *)p + 2 * i, 2);
    return element == C4B_FLOAT16 ? half_to_float(h) : bfloat16_to_float(h);
}

INLINE vec load_elements(c4b_element element, const void *p, size_t i) {
    if (element == C4B_FLOAT32) {
        vec x;
        memcpy(&x, (const char *)p + 4 * i, sizeof x);
        return x;
    }
    hvec h;
    memcpy(&h, (const char *)p + 2 * i, sizeof h);
    const uvec wide = __builtin_convertvector(h, uvec);
    if (element == C4B_BFLOAT16) return (vec)(wide << 16);
    // Half: rescaling by 2^112 turns subnormals into normals with no branch; infinities and NaNs
    // then need their exponent filled up.
    const uvec magnitude = (wide & 0x7FFF) << 13;
    vec x = (vec)magnitude * splat(0x1p112f);
    const ivec special = (ivec)magnitude >= (ivec)(0x0F800000);
    x = (vec)((uvec)x | ((uvec)special & (uvec)(0x7F800000)));
    return (vec)((uvec)x | ((wide & 0x8000) << 16));
}

static void widen(c4b_element element, const void *in, float *out, size_t count) {
    if (element == C4B_FLOAT32) {
        memcpy(out, in, count * sizeof(float));
        return;
    }
    const size_t whole = count - count % WIDTH;
    if (element == C4B_BFLOAT16) {
        for (size_t i = 0; i < whole; i += WIDTH)
            store(out + i, load_elements(C4B_BFLOAT16, in, i));
    } else {
        for (size_t i = 0; i < whole; i += WIDTH) store(out + i, load_elements(C4B_FLOAT16, in, i));
    }
    for (size_t i = whole; i < count; i++) out[i] = element_at(element, in, i);
}

static void embed(c4b_element element, const void *table_row, const float *position,
                  const float *token_type, float *out, size_t columns) {
    const size_t whole = columns - columns % WIDTH;
    for (size_t i = 0; i < whole; i += WIDTH) {
        vec x = load_elements(element, table_row, i);
        if (token_type) x += load(token_type + i);
        store(out + i, x + load(position + i));
    }
    for (size_t i = whole; i < columns; i++) {
        float x = element_at(element, table_row, i);
        if (token_type) x += token_type[i];
        out[i] = x + position[i];
    }
}
