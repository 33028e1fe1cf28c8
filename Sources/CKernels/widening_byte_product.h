// Products of bytes where the processor has no instruction for them: the even and the odd numbers of a
// quad are widened to 16 bits, whose products are exact, as are sums of two. (vpmaddubsw would saturate.)
// Compiled once for each instruction set, with BYTE_WIDTH and ROW_STEP defined by the file that includes
// it.

#define INLINE static inline __attribute__((always_inline))
#include "prefetching.h"

#define BYTE_VECTORS 2

typedef int32_t sum_vec __attribute__((ext_vector_type(BYTE_WIDTH)));
typedef int16_t short_vec __attribute__((ext_vector_type(2 * BYTE_WIDTH)));
typedef uint16_t ushort_vec __attribute__((ext_vector_type(2 * BYTE_WIDTH)));

/// Of each quad the numbers 0 and 2, and 1 and 3.
typedef struct {
    short_vec even, odd;
} byte_weights, byte_inputs;

INLINE byte_weights byte_operand(const int8_t *quads) {
    short_vec pairs;
    memcpy(&pairs, quads, sizeof pairs);
    return (byte_weights){.even = (short_vec)((ushort_vec)pairs << 8) >> 8, .odd = pairs >> 8};
}

INLINE byte_inputs byte_splat(const uint8_t *quad) {
    int32_t bytes;
    memcpy(&bytes, quad, sizeof bytes);
    const ushort_vec pairs = (ushort_vec)(sum_vec)(bytes);
    return (byte_inputs){.even = (short_vec)(pairs & 0xFF), .odd = (short_vec)(pairs >> 8)};
}

/// The sums of the products in pairs.
INLINE sum_vec multiply_shorts(short_vec x, short_vec y) {
#if !defined(__x86_64__)
    const sum_vec a = (sum_vec)x, b = (sum_vec)y;
    return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#elif BYTE_WIDTH == 16
    return (sum_vec)__builtin_ia32_pmaddwd512(x, y);
#elif BYTE_WIDTH == 8
    return (sum_vec)__builtin_ia32_pmaddwd256(x, y);
#else
    return (sum_vec)__builtin_ia32_pmaddwd128(x, y);
#endif
}

INLINE sum_vec multiply_quads(byte_inputs x, byte_weights w, sum_vec sum) {
    return sum + multiply_shorts(x.even, w.even) + multiply_shorts(x.odd, w.odd);
}

#include "vector_byte_product.h"
