// From single precision to bfloat16, rounded to nearest even. A file that is compiled for AVX512-BF16
// defines NATIVE_BFLOAT16 before it includes this one: its instruction takes numbers below 2^-126 as 0.

/// The bfloat16 nearest to x, as a single-precision number. NaN stays NaN.
INLINE uvec rounded_to_bfloat16(vec x) {
    const uvec bits = (uvec)x;
    const uvec rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000u;
    const uvec quiet = (bits | 0x00400000u) & 0xFFFF0000u;
    return (uvec)select_vec(x == x, (vec)rounded, (vec)quiet);
}

INLINE hvec upper_halves(uvec x) { return __builtin_convertvector(x >> 16, hvec); }

INLINE hvec to_bfloat16(vec x) {
#ifdef NATIVE_BFLOAT16
    return (hvec)_mm512_cvtneps_pbh((__m512)x);
#else
    return upper_halves(rounded_to_bfloat16(x));
#endif
}

typedef hvec unaligned_hvec __attribute__((aligned(2)));

/// WIDTH numbers to their high and, if `pieces` is 2, low pieces, which lie a tile behind.
INLINE void store_pieces(vec x, int pieces, uint16_t *out) {
    const hvec high = to_bfloat16(x);
    *(unaligned_hvec *)out = high;
    if (pieces == 2) {
        // What is left of an infinity would be NaN.
        const vec rest = x - (vec)(__builtin_convertvector(high, uvec) << 16);
        const vec low = select_vec(rest == rest, rest, splat(0.0f));
        *(unaligned_hvec *)(out + C4B_TILE_NUMBERS) = to_bfloat16(low);
    }
}
