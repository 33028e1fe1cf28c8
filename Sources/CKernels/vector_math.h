// Vectors of WIDTH floats, and exp, erf, sigmoid and tanh on them to a few units in the last place.
// The polynomials come from Scripts/fit-polynomials.py.

typedef float vec __attribute__((ext_vector_type(WIDTH)));
typedef int32_t ivec __attribute__((ext_vector_type(WIDTH)));
typedef uint32_t uvec __attribute__((ext_vector_type(WIDTH)));
typedef uint16_t hvec __attribute__((ext_vector_type(WIDTH)));
typedef vec unaligned_vec __attribute__((aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec splat(float x) { return (vec)(x); }

INLINE vec load(const float *p) { return *(const unaligned_vec *)p; }

INLINE void store(float *p, vec x) { *(unaligned_vec *)p = x; }

/// The first `count` floats, then zeros.
INLINE vec load_partial(const float *p, size_t count) {
    float buffer[WIDTH] = {0};
    memcpy(buffer, p, count * sizeof(float));
    return load(buffer);
}

INLINE void store_partial(float *p, vec x, size_t count) {
    float buffer[WIDTH];
    store(buffer, x);
    memcpy(p, buffer, count * sizeof(float));
}

INLINE vec select_vec(ivec mask, vec yes, vec no) {
    return (vec)(((ivec)yes & mask) | ((ivec)no & ~mask));
}

INLINE vec vmax(vec a, vec b) { return select_vec(a > b, a, b); }

INLINE vec vmin(vec a, vec b) { return select_vec(a < b, a, b); }

INLINE vec vabs(vec x) { return (vec)((ivec)x & 0x7FFFFFFF); }

INLINE vec vsqrt(vec x) {
#if __has_builtin(__builtin_elementwise_sqrt)
    return __builtin_elementwise_sqrt(x);
#else  // the compiler of Swift 6.0
    for (int i = 0; i < WIDTH; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

INLINE vec with_sign_of(vec magnitude, vec sign) {
    return (vec)(((ivec)magnitude & 0x7FFFFFFF) | ((ivec)sign & (ivec)(INT32_MIN)));
}

typedef float vec4 __attribute__((ext_vector_type(4)));

// Reductions halve the vector in registers: a round trip through memory would cost more than the
// arithmetic.
#if WIDTH == 16
typedef float vec8 __attribute__((ext_vector_type(8)));
INLINE vec4 fold_sum(vec x) {
    const vec8 half = x.lo + x.hi;
    return half.lo + half.hi;
}
INLINE vec4 fold_max(vec x) {
    const vec8 half = __builtin_elementwise_max(x.lo, x.hi);
    return __builtin_elementwise_max(half.lo, half.hi);
}
#elif WIDTH == 8
INLINE vec4 fold_sum(vec x) { return x.lo + x.hi; }
INLINE vec4 fold_max(vec x) { return __builtin_elementwise_max(x.lo, x.hi); }
#else
INLINE vec4 fold_sum(vec x) { return x; }
INLINE vec4 fold_max(vec x) { return x; }
#endif

INLINE float sum_of(vec x) {
    const vec4 four = fold_sum(x);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

INLINE float max_of(vec x) {
    const vec4 four = fold_max(x);
    const float a = four[0] > four[2] ? four[0] : four[2];
    const float b = four[1] > four[3] ? four[1] : four[3];
    return a > b ? a : b;
}

/// x in the first `count` lanes, `other` in the rest.
INLINE vec first_lanes(vec x, size_t count, vec other) {
#if WIDTH == 16
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif WIDTH == 8
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7};
#else
    const ivec lane = {0, 1, 2, 3};
#endif
    return select_vec(lane < (ivec)((int32_t)count), x, other);
}

/// e^x as a mantissa near 1 and a power of two, for |x| < 2^20.
INLINE vec exp_mantissa(vec x, ivec *exponent) {
    // n = round(x / ln 2): adding 1.5 * 2^23 rounds to an integer in the low bits.
    const vec magic = splat(12582912.0f);
    const vec shifted = x * splat(1.44269504f) + magic;
    const vec n = shifted - magic;
    // ln 2 in two parts, so that the remainder is exact.
    vec r = x - n * splat(0.693359375f);
    r = r - n * splat(-2.12194440e-4f);
    vec q = splat(0.00138142219f);
    q = q * r + splat(0.00836889867f);
    q = q * r + splat(0.0416684057f);
    q = q * r + splat(0.166665191f);
    q = q * r + splat(0.499999933f);
    *exponent = (ivec)shifted - (ivec)magic;
    return (q * r) * r + r + splat(1.0f);
}

/// e^x. NaN stays NaN; below -87.3 the result is 0, above 88.7 it is infinite.
INLINE vec vexp(vec x) {
    const vec low = splat(-87.33654f), high = splat(88.72283f);
    ivec exponent;
    const vec p = exp_mantissa(vmin(vmax(x, low), high), &exponent);
    // 2^n in two factors: n reaches 128, where one factor would overflow too early.
    const ivec half = exponent >> 1;
    const vec first = (vec)((half + 127) << 23), second = (vec)((exponent - half + 127) << 23);
    vec y = p * first * second;
    y = select_vec(x < low, splat(0.0f), y);
    y = select_vec(x > high, splat(__builtin_inff()), y);
    return select_vec(x == x, y, x);
}

/// e^x for x <= 0. NaN stays NaN; below -87 the result is e^-87.
INLINE vec vexp_nonpositive(vec x) {
    ivec exponent;
    const vec p = exp_mantissa(vmax(x, splat(-87.0f)), &exponent);
    return select_vec(x == x, (vec)((ivec)p + (exponent << 23)), x);
}

/// e^x for -80 < x < 80, with nothing to look out for.
INLINE vec vexp_in_range(vec x) {
    ivec exponent;
    const vec p = exp_mantissa(x, &exponent);
    return (vec)((ivec)p + (exponent << 23));
}

/// erfc(t) = 1 - erf(t) for t >= 0, to an absolute error of 5e-8; from 5 on, and for NaN, it is 0.
INLINE vec verfc_positive(vec t) {
    vec r = splat(-8.04377474e-06f);
    r = r * t + splat(0.000106026231f);
    r = r * t + splat(-0.000587949198f);
    r = r * t + splat(0.00157675738f);
    r = r * t + splat(-5.87786522e-05f);
    r = r * t + splat(-0.0192171447f);
    r = r * t + splat(0.102799211f);
    r = r * t + splat(0.636616107f);
    r = r * t + splat(1.12837933f);
    const ivec inside = t < splat(5.0f);
    const vec exponent = (vec)((ivec)(t * r) & inside);
    return (vec)((ivec)vexp_in_range(-exponent) & inside);
}

/// The normal distribution's Phi(x), to an absolute error of x Phi(x) of 5e-5.
INLINE vec vphi_coarse(vec x) {
    const vec u = vmax(vmin(x, splat(4.25f)), splat(-4.25f)), s = u * u;
    vec g = splat(6.76399631e-11f);
    g = g * s + splat(-6.3347725e-09f);
    g = g * s + splat(2.60899181e-07f);
    g = g * s + splat(-6.2983637e-06f);
    g = g * s + splat(0.000100890226f);
    g = g * s + splat(-0.00115752479f);
    g = g * s + splat(0.00999626151f);
    g = g * s + splat(-0.0666728321f);
    g = g * s + splat(0.399114166f);
    return g * u + splat(0.5f);
}

INLINE vec verf(vec x) {
    const vec t = vabs(x), s = x * x;
    vec near = splat(7.85388246e-05f);
    near = near * s + splat(-0.000801020055f);
    near = near * s + splat(0.00518832856f);
    near = near * s + splat(-0.0268538125f);
    near = near * s + splat(0.112835852f);
    near = near * s + splat(-0.376126258f);
    near = near * s + splat(0.128379166f);
    near = near * x + x;
    const vec u = vmin(t, splat(4.0f));  // erf(4) rounds to 1
    vec far = splat(3.64321989e-06f);
    far = far * u + splat(-2.95072343e-05f);
    far = far * u + splat(-0.000133169108f);
    far = far * u + splat(0.00316623921f);
    far = far * u + splat(-0.023065477f);
    far = far * u + splat(0.10564359f);
    far = far * u + splat(0.635423604f);
    far = far * u + splat(1.12859659f);
    far = splat(1.0f) - vexp(-u * far);
    const vec y = select_vec(t < splat(1.0f), near, with_sign_of(far, x));
    return select_vec(x == x, y, x);
}

INLINE vec vsigmoid(vec x) { return splat(1.0f) / (splat(1.0f) + vexp(-x)); }

INLINE vec vtanh(vec x) {
    const vec t = vabs(x), s = x * x;
    vec near = splat(-0.00570498727f);
    near = near * s + splat(0.0206390875f);
    near = near * s + splat(-0.0537397152f);
    near = near * s + splat(0.133314422f);
    near = near * s + splat(-0.333332819f);
    near = near * s * x + x;
    const vec far = splat(1.0f) - splat(2.0f) / (vexp(t + t) + splat(1.0f));
    const vec y = select_vec(t < splat(0.625f), near, with_sign_of(far, x));
    return select_vec(x == x, y, x);
}
