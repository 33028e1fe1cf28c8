/// BLAS and LAPACK in the few forms that the engine uses: OpenBLAS and LAPACKE on Linux, Accelerate
/// on Apple platforms. All matrices are row-major.
#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stdbool.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// c = alpha * op(a) * op(b) + beta * c, where op(a) is m x k, op(b) is k x n and c is m x n.
void c4b_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a,
               int a_stride, const float *b, int b_stride, float beta, float *c, int c_stride);

/// The same in double precision.
void c4b_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
               const double *a, int a_stride, const double *b, int b_stride, double beta, double *c,
               int c_stride);

/// c = alpha * transpose(a) * a + beta * c, where a is k x n; only the lower triangle of c (n x n) is
/// read and written.
void c4b_dsyrk(int n, int k, double alpha, const double *a, int a_stride, double beta, double *c,
               int c_stride);

/// The Cholesky factor of a symmetric positive definite a (n x n; the lower triangle is read and
/// becomes the factor).
/// Returns 0, or the order of the leading minor that is not positive definite.
int c4b_dpotrf(int n, double *a);

/// Solves a x = b with the factor of a that c4b_dpotrf gave, for each of the rows of b (count x n),
/// which become x.
void c4b_dpotrs(int n, int count, const double *a, double *b);

/// How many threads one BLAS call uses.
int c4b_blas_threads(void);
void c4b_blas_set_threads(int threads);

/// The kernels that the library chose for this processor, such as "SkylakeX".
const char *c4b_blas_core(void);

/// The library's name, version and build options in a line.
const char *c4b_blas_configuration(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
