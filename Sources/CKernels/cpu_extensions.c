#include "cpu_extensions.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "include/CKernels.h"

#if defined(__x86_64__)

#include <cpuid.h>

/// The register states that the operating system saves (XCR0): without them the instructions fault.
static uint64_t enabled_states(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

c4b_cpu c4b_detect_cpu(void) {
    c4b_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return cpu;  // no OSXSAVE
    const uint64_t states = enabled_states();
    const bool ymm = (states & 0x6) == 0x6;
    const bool zmm = (states & 0xE6) == 0xE6;
    const bool tiles = (states & 0x60000) == 0x60000;
    const bool fma = c & (1u << 12), f16c = c & (1u << 29), avx = c & (1u << 28);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return cpu;
    const uint32_t avx512_all = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F DQ BW VL
    cpu.avx2_fma_f16c = ymm && avx && fma && f16c && (b & (1u << 5));
    cpu.avx512 = zmm && cpu.avx2_fma_f16c && (b & avx512_all) == avx512_all;
    cpu.avx512_vnni = cpu.avx512 && (c & (1u << 11));
    cpu.amx_bf16 = tiles && (d & (1u << 22));
    cpu.amx_tile = tiles && (d & (1u << 24));
    cpu.amx_int8 = tiles && (d & (1u << 25));
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) {
        cpu.avx_vnni = cpu.avx2_fma_f16c && (a & (1u << 4));
        cpu.avx512_bf16 = cpu.avx512 && (a & (1u << 5));
    }
    return cpu;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

c4b_cpu c4b_detect_cpu(void) {
    c4b_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    // HWCAP_ASIMDDP and HWCAP2_I8MM, which older headers lack.
    cpu.neon_dotprod = getauxval(AT_HWCAP) & (1ul << 20);
    cpu.neon_i8mm = cpu.neon_dotprod && (getauxval(AT_HWCAP2) & (1ul << 13));
    return cpu;
}

#elif defined(__aarch64__) && defined(__APPLE__)

#include <sys/sysctl.h>

static bool has_feature(const char *name) {
    int present = 0;
    size_t size = sizeof present;
    return sysctlbyname(name, &present, &size, NULL, 0) == 0 && present;
}

c4b_cpu c4b_detect_cpu(void) {
    c4b_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    cpu.neon_dotprod = has_feature("hw.optional.arm.FEAT_DotProd");
    cpu.neon_i8mm = cpu.neon_dotprod && has_feature("hw.optional.arm.FEAT_I8MM");
    return cpu;
}

#else

c4b_cpu c4b_detect_cpu(void) {
    c4b_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    return cpu;
}

#endif

static char extensions[160];

static void describe(void) {
    const c4b_cpu cpu = c4b_detect_cpu();
    const struct {
        bool present;
        const char *name;
    } list[] = {
#if defined(__aarch64__)
        {true, "neon"},
#elif defined(__x86_64__)
        {true, "sse2"},
#endif
        {cpu.avx2_fma_f16c, "avx2 fma f16c"},
        {cpu.avx_vnni, "avx_vnni"},
        {cpu.avx512, "avx512f avx512bw avx512dq avx512vl"},
        {cpu.avx512_vnni, "avx512_vnni"},
        {cpu.avx512_bf16, "avx512_bf16"},
        {cpu.amx_tile, "amx_tile"},
        {cpu.amx_int8, "amx_int8"},
        {cpu.amx_bf16, "amx_bf16"},
        {cpu.neon_dotprod, "dotprod"},
        {cpu.neon_i8mm, "i8mm"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (!list[i].present) continue;
        if (extensions[0]) strcat(extensions, " ");
        strcat(extensions, list[i].name);
    }
}

const char *c4b_cpu_extensions(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, describe);
    return extensions;
}
