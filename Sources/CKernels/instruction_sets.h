#ifndef INSTRUCTION_SETS_H
#define INSTRUCTION_SETS_H

#include "include/CKernels.h"

#if defined(__x86_64__)
extern const c4b_kernels c4b_kernels_avx512;
extern const c4b_kernels c4b_kernels_avx2;
extern const c4b_product_kernel c4b_product_avx512_bf16;
extern const c4b_product_kernel c4b_product_avx512;
extern const c4b_product_kernel c4b_product_avx2;
extern const c4b_byte_kernel c4b_byte_avx512_vnni;
extern const c4b_byte_kernel c4b_byte_avx_vnni;
extern const c4b_byte_kernel c4b_byte_avx512;
extern const c4b_byte_kernel c4b_byte_avx2;
#elif defined(__aarch64__)
extern const c4b_byte_kernel c4b_byte_neon_i8mm;
extern const c4b_byte_kernel c4b_byte_neon_dotprod;
#endif
extern const c4b_kernels c4b_kernels_portable;
extern const c4b_product_kernel c4b_product_portable;
extern const c4b_product_kernel c4b_product_amx_emulated;
extern const c4b_byte_kernel c4b_byte_portable;
extern const c4b_byte_kernel c4b_byte_amx_emulated;

#endif
