#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_extensions.h"
#include "include/CKernels.h"
#include "instruction_sets.h"

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

static const c4b_kernels *selected;

static void choose(void) {
    const c4b_kernels *tables[8];
    const size_t count = c4b_kernels_available(tables, 8);
    const char *wanted = getenv("CLOUD4BERT_KERNELS");
    selected = tables[0];
    for (size_t i = 0; wanted && i < count; i++) {
        if (strcmp(tables[i]->name, wanted) == 0) selected = tables[i];
    }
}

const c4b_kernels *c4b_kernels_selected(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return selected;
}

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

static const c4b_product_kernel *selected_product;

static void choose_product(void) {
    const c4b_product_kernel *kernels[8];
    const size_t count = c4b_product_kernels_available(kernels, 8);
    const char *wanted = getenv("CLOUD4BERT_PRODUCTS");
    selected_product = kernels[0];
    for (size_t i = 0; wanted && i < count; i++) {
        if (strcmp(kernels[i]->name, wanted) == 0) selected_product = kernels[i];
    }
}

const c4b_product_kernel *c4b_product_kernel_selected(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_product);
    return selected_product;
}

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

static const c4b_byte_kernel *selected_bytes;

static void choose_bytes(void) {
    const c4b_byte_kernel *kernels[8];
    const size_t count = c4b_byte_kernels_available(kernels, 8);
    const char *wanted = getenv("CLOUD4BERT_BYTE_PRODUCTS");
    selected_bytes = kernels[0];
    for (size_t i = 0; wanted && i < count; i++) {
        if (strcmp(kernels[i]->name, wanted) == 0) selected_bytes = kernels[i];
    }
}

const c4b_byte_kernel *c4b_byte_kernel_selected(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_bytes);
    return selected_bytes;
}
