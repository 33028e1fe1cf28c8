#ifndef CPU_EXTENSIONS_H
#define CPU_EXTENSIONS_H

#include <stdbool.h>

/// What the processor has and the operating system lets programs use.
typedef struct {
    bool avx2_fma_f16c;
    bool avx512;  ///< F, BW, DQ and VL
    bool avx512_bf16, avx512_vnni, avx_vnni, amx_tile, amx_int8, amx_bf16;
    bool neon_dotprod, neon_i8mm;
} c4b_cpu;

c4b_cpu c4b_detect_cpu(void);

#endif
