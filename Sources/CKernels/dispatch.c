#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_extensions.h"
#include "include/CKernels.h"
#include "instruction_sets.h"

/// Defines `selected`: the first of what `available` lists, or the one that an environment variable names.
#define CHOSEN_ONCE(type, available, selected, variable)                   \
    static const type *chosen_##type;                                      \
    static void choose_##type(void) {                                      \
        const type *all[8];                                                \
        const size_t count = available(all, 8);                            \
        const char *wanted = getenv(variable);                             \
        chosen_##type = all[0];                                            \
        for (size_t i = 0; wanted && i < count; i++) {                     \
            if (strcmp(all[i]->name, wanted) == 0) chosen_##type = all[i]; \
        }                                                                  \
    }                                                                      \
    const type *selected(void) {                                           \
        static pthread_once_t once = PTHREAD_ONCE_INIT;                    \
        pthread_once(&once, choose_##type);                                \
        return chosen_##type;                                              \
    }

size_t c4b_kernels_available(const c4b_kernels **tables, size_t capacity) {
    const c4b_cpu cpu = c4b_detect_cpu();
    const struct {
        bool runs;
        const c4b_kernels *table;
    } all[] = {
#if defined(__x86_64__)
        {cpu.avx512, &c4b_kernels_avx512},
        {cpu.avx2_fma_f16c, &c4b_kernels_avx2},
#endif
        {true, &c4b_kernels_portable},
    };
    (void)cpu;
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && count < capacity; i++) {
        if (all[i].runs) tables[count++] = all[i].table;
    }
    return count;
}

CHOSEN_ONCE(c4b_kernels, c4b_kernels_available, c4b_kernels_selected, "CLOUD4BERT_KERNELS")

size_t c4b_product_kernels_available(const c4b_product_kernel **kernels, size_t capacity) {
    const c4b_cpu cpu = c4b_detect_cpu();
    const struct {
        bool runs;
        const c4b_product_kernel *kernel;
    } all[] = {
#if defined(__x86_64__)
        {c4b_amx_obstacle() == NULL, &c4b_product_amx_bf16},
        {cpu.avx512_bf16, &c4b_product_avx512_bf16},
        {cpu.avx512, &c4b_product_avx512},
        {cpu.avx2_fma_f16c, &c4b_product_avx2},
#endif
        {true, &c4b_product_portable},
        {true, &c4b_product_amx_emulated},
    };
    (void)cpu;
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && count < capacity; i++) {
        if (all[i].runs) kernels[count++] = all[i].kernel;
    }
    return count;
}

CHOSEN_ONCE(c4b_product_kernel, c4b_product_kernels_available, c4b_product_kernel_selected,
            "CLOUD4BERT_PRODUCTS")

size_t c4b_byte_kernels_available(const c4b_byte_kernel **kernels, size_t capacity) {
    const c4b_cpu cpu = c4b_detect_cpu();
    const struct {
        bool runs;
        const c4b_byte_kernel *kernel;
    } all[] = {
#if defined(__x86_64__)
        {c4b_amx_obstacle() == NULL && cpu.amx_int8, &c4b_byte_amx_int8},
        {cpu.avx512_vnni, &c4b_byte_avx512_vnni},
        {cpu.avx_vnni, &c4b_byte_avx_vnni},
        {cpu.avx512, &c4b_byte_avx512},
        {cpu.avx2_fma_f16c, &c4b_byte_avx2},
#elif defined(__aarch64__)
        {cpu.neon_i8mm, &c4b_byte_neon_i8mm},
        {cpu.neon_dotprod, &c4b_byte_neon_dotprod},
#endif
        {true, &c4b_byte_portable},
        {true, &c4b_byte_amx_emulated},
    };
    (void)cpu;
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && count < capacity; i++) {
        if (all[i].runs) kernels[count++] = all[i].kernel;
    }
    return count;
}

CHOSEN_ONCE(c4b_byte_kernel, c4b_byte_kernels_available, c4b_byte_kernel_selected,
            "CLOUD4BERT_BYTE_PRODUCTS")
