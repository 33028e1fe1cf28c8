// Linux lets a process use tile registers once it has asked to: they make every thread's saved state 8
// KB larger.
#include <pthread.h>
#include <stddef.h>

#include "cpu_extensions.h"
#include "include/CKernels.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    ARCH_GET_XCOMP_PERM = 0x1022,
    ARCH_REQ_XCOMP_PERM = 0x1023,
    XFEATURE_XTILEDATA = 18,
};

static const char *obstacle = "not asked for";

static void ask(void) {
    const c4b_cpu cpu = c4b_detect_cpu();
    unsigned long granted = 0;
    if (!cpu.avx512_bf16 || !cpu.amx_tile || !cpu.amx_bf16) {
        obstacle = "this processor has no AMX for bfloat16, or the system keeps it from programs";
    } else if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) != 0) {
        obstacle = errno == EINVAL || errno == ENOSYS
                       ? "this kernel knows nothing of AMX (Linux 5.16 does)"
                       : "the kernel refuses the use of AMX";
    } else if (syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &granted) != 0 ||
               !(granted & (1ul << XFEATURE_XTILEDATA))) {
        obstacle = "the kernel refuses the use of AMX";
    } else {
        obstacle = NULL;
    }
}

const char *c4b_amx_obstacle(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask);
    return obstacle;
}

#else

const char *c4b_amx_obstacle(void) { return "AMX is used on Linux on x86-64 only"; }

#endif
