#include "include/COpenBLAS.h"

#if defined(__APPLE__)

#include <Accelerate/Accelerate.h>

int c4b_blas_threads(void) { return 1; }
void c4b_blas_set_threads(int threads) { (void)threads; }  // Accelerate decides by itself
const char *c4b_blas_core(void) { return "Accelerate"; }
const char *c4b_blas_configuration(void) { return "Apple Accelerate"; }

// LAPACK is column-major: the lower triangle of a row-major matrix is its upper one.
int c4b_dpotrf(int n, double *a) {
    int info = 0;
    dpotrf_("U", &n, a, &n, &info);
    return info;
}

void c4b_dpotrs(int n, int count, const double *a, double *b) {
    int info = 0;
    dpotrs_("U", &n, &count, (double *)a, &n, b, &n, &info);
}

#else

#include <cblas.h>
#include <lapacke.h>

int c4b_blas_threads(void) { return openblas_get_num_threads(); }
void c4b_blas_set_threads(int threads) { openblas_set_num_threads(threads); }
const char *c4b_blas_core(void) { return openblas_get_corename(); }
const char *c4b_blas_configuration(void) { return openblas_get_config(); }

// The lower triangle of a row-major matrix is the upper one of a column-major one, and LAPACKE would
// copy a row-major matrix.
int c4b_dpotrf(int n, double *a) { return LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', n, a, n); }

void c4b_dpotrs(int n, int count, const double *a, double *b) {
    LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'U', n, count, a, n, b, n);
}

#endif

void c4b_sgemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a,
               int a_stride, const float *b, int b_stride, float beta, float *c, int c_stride) {
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, a_stride, b, b_stride,
                beta, c, c_stride);
}

void c4b_dgemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
               const double *a, int a_stride, const double *b, int b_stride, double beta, double *c,
               int c_stride) {
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, a_stride, b, b_stride,
                beta, c, c_stride);
}

void c4b_dsyrk(int n, int k, double alpha, const double *a, int a_stride, double beta, double *c,
               int c_stride) {
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, n, k, alpha, a, a_stride, beta, c, c_stride);
}
