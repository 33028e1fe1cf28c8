#define _GNU_SOURCE
#include "include/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sched.h>
#endif

struct start {
    void (*body)(void *);
    void *context;
};

static void *run(void *argument) {
    const struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int c4b_thread_start(void (*body)(void *), void *context) {
    struct start *const start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    *start = (struct start){body, context};
    pthread_t thread;
    const int code = pthread_create(&thread, NULL, run, start);
    if (code != 0) {
        free(start);
        return code;
    }
    pthread_detach(thread);
    return 0;
}

int c4b_allowed_processors(void) {
#if defined(__linux__)
    // A kernel may know of more processors than fit the usual set.
    for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
        cpu_set_t *const set = CPU_ALLOC((size_t)processors);
        if (!set) return 0;
        const size_t size = CPU_ALLOC_SIZE((size_t)processors);
        CPU_ZERO_S(size, set);
        const int code = sched_getaffinity(0, size, set);
        const int count = code == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (code == 0) return count;
        if (errno != EINVAL) return 0;
    }
#endif
    return 0;
}
