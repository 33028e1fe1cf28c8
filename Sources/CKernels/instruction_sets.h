#ifndef INSTRUCTION_SETS_H
#define INSTRUCTION_SETS_H

#include "include/CKernels.h"

#if defined(__x86_64__)
extern const c4b_kernels c4b_kernels_avx512;
extern const c4b_kernels c4b_kernels_avx2;
#endif
extern const c4b_kernels c4b_kernels_portable;

#endif
