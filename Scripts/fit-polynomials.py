#!/usr/bin/env python3
"""Fit the polynomials of Sources/CKernels/vector_math.h: exp, erf and tanh in single precision.

    pip install numpy mpmath
    Scripts/fit-polynomials.py

Each fit minimises the largest weighted error on a dense grid (Lawson's iteration of weighted least
squares), and prints C hexadecimal literals with the error reached in exact arithmetic. The tests of
the kernels measure what is left after rounding, against the C library in double precision.
"""
import mpmath
import numpy as np

mpmath.mp.dps = 40


def fit(basis, target, weight, rounds=300):
    """Coefficients c that minimise max |weight * (basis @ c - target)|."""
    lawson = np.full(len(target), 1 / len(target))
    for _ in range(rounds):
        w = np.sqrt(lawson) * weight
        c, *_ = np.linalg.lstsq(basis * w[:, None], target * w, rcond=None)
        error = np.abs((basis @ c - target) * weight)
        lawson *= error + 1e-30
        lawson /= lawson.sum()
    return c, error.max()


def grid(low, high, n=4000):
    """Chebyshev points: dense at the ends, where minimax errors peak."""
    t = np.cos(np.pi * (np.arange(n) + 0.5) / n)
    return (low + high) / 2 + (high - low) / 2 * t


def values(f, xs):
    return np.array([float(f(mpmath.mpf(float(x)))) for x in xs])


def show(name, c, error):
    print(f"// {name}: largest error {error:.2e}")
    for k, v in enumerate(c):
        print(f"    {float(np.float32(v)).hex()}f,  // degree {k}: {v:.9g}")


# exp(r) = 1 + r + r^2 Q(r) for |r| <= ln(2)/2, a little over so that rounding cannot leave the range.
x = grid(-0.3475, 0.3475)
target = values(lambda v: (mpmath.exp(v) - 1 - v) / v**2, x)
c, e = fit(np.vander(x, 5, increasing=True), target, x**2 / np.exp(x))
show("exp: Q, relative", c, e)

# erf(x) = x + x P(x^2) for |x| <= 1.
x = grid(1e-3, 1.0)
target = values(lambda v: mpmath.erf(v) / v - 1, x)
c, e = fit(np.vander(x * x, 7, increasing=True), target, 1 / (1 + target))
show("erf near zero: P, relative", c, e)

# erf(x) = 1 - exp(-x R(x)) for 1 <= x <= 4; beyond that erf is 1 in single precision.
x = grid(1.0, 4.0)
target = values(lambda v: -mpmath.log(mpmath.erfc(v)) / v, x)
c, e = fit(np.vander(x, 8, increasing=True), target, x * values(mpmath.erfc, x) / values(mpmath.erf, x))
show("erf in the tail: R, relative to erf", c, e)

# erfc(x) = exp(-x R(x)) for 0 <= x <= 5, of which GELU needs the absolute value.
x = grid(1e-4, 5.0)
target = values(lambda v: -mpmath.log(mpmath.erfc(v)) / v, x)
c, e = fit(np.vander(x, 9, increasing=True), target, x * values(mpmath.erfc, x) + 1e-9)
show("erfc: R, absolute", c, e)

# The normal distribution's Phi(x) = 1/2 + x G(x^2) for |x| <= 4.25, where it reaches 1 exactly, of which
# GELU in bfloat16 needs x Phi(x) to an absolute error.
end = 4.25
x = grid(1e-4, end)
line = 0.5 / end
target = (values(lambda v: mpmath.erf(v / mpmath.sqrt(2)) / 2, x) - x * line) / (x * (x**2 - end**2))
c, e = fit(np.vander(x * x, 8, increasing=True), target, x**2 * np.abs(x**2 - end**2) + 1e-12)
c = np.append(0, c) - end**2 * np.append(c, 0) + line * np.eye(9)[0]
show("Phi: G, absolute, times x", c, e)

# tanh(x) = x + x^3 T(x^2) for |x| <= 0.625.
x = grid(1e-2, 0.625)
target = values(lambda v: (mpmath.tanh(v) / v - 1) / v**2, x)
c, e = fit(np.vander(x * x, 5, increasing=True), target, x**2 / (values(mpmath.tanh, x) / x))
show("tanh near zero: T, relative", c, e)
