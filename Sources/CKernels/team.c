#include "include/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// A job's number, its parts and the next part to be taken in one word, so that a thread which comes
// late to a job can never take its part for one of the next job: 32, 16 and 16 bits.
typedef uint64_t ticket;

static ticket make_ticket(uint32_t job, uint32_t parts) {
    return (uint64_t)job << 32 | (uint64_t)parts << 16;
}
static uint32_t job_of(ticket t) { return (uint32_t)(t >> 32); }
static uint32_t parts_of(ticket t) { return (uint32_t)(t >> 16) & 0xFFFF; }
static uint32_t next_of(ticket t) { return (uint32_t)t & 0xFFFF; }

enum { CACHE_LINE = 64, SPINS = 4000 };

struct c4b_team {
    _Alignas(CACHE_LINE) _Atomic ticket tickets;
    _Alignas(CACHE_LINE) atomic_int finished;
    _Alignas(CACHE_LINE) void (*body)(void *, int);
    void *context;
    uint32_t job;
    int size;
    pthread_t *threads;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_int sleeping;
    atomic_bool stopping;
};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Takes parts of the current job until none is left.
static void work(c4b_team *team) {
    for (;;) {
        const ticket taken = atomic_fetch_add_explicit(&team->tickets, 1, memory_order_acq_rel);
        if (next_of(taken) >= parts_of(taken)) return;
        // A part is left, so the job is not finished and its body stays what it is.
        team->body(team->context, (int)next_of(taken));
        atomic_fetch_add_explicit(&team->finished, 1, memory_order_release);
    }
}

static void *run_member(void *argument) {
    c4b_team *const team = argument;
    uint32_t seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && job_of(atomic_load(&team->tickets)) == seen; i++) {
            pause_briefly();
        }
        if (job_of(atomic_load(&team->tickets)) == seen) {
            pthread_mutex_lock(&team->mutex);
            atomic_fetch_add(&team->sleeping, 1);
            while (job_of(atomic_load(&team->tickets)) == seen && !atomic_load(&team->stopping)) {
                pthread_cond_wait(&team->wake, &team->mutex);
            }
            atomic_fetch_sub(&team->sleeping, 1);
            pthread_mutex_unlock(&team->mutex);
        }
        if (atomic_load(&team->stopping)) return NULL;
        seen = job_of(atomic_load(&team->tickets));
        work(team);
    }
}

c4b_team *c4b_team_create(int size) {
    if (size < 2) return NULL;
    c4b_team *const team = aligned_alloc(CACHE_LINE, sizeof *team);
    if (!team) return NULL;
    atomic_init(&team->tickets, make_ticket(0, 0));
    atomic_init(&team->finished, 0);
    atomic_init(&team->sleeping, 0);
    atomic_init(&team->stopping, false);
    team->job = 0;
    team->size = 1;
    team->threads = calloc((size_t)size, sizeof *team->threads);
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->wake, NULL);
    while (team->threads && team->size < size) {
        if (pthread_create(&team->threads[team->size], NULL, run_member, team) != 0) break;
        team->size++;
    }
    if (team->size < 2) {
        c4b_team_destroy(team);
        return NULL;
    }
    return team;
}

void c4b_team_destroy(c4b_team *team) {
    if (!team) return;
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->stopping, true);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
    // A spinning member looks at the flag when it has spun long enough.
    for (int i = 1; i < team->size; i++) pthread_join(team->threads[i], NULL);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->mutex);
    free(team->threads);
    free(team);
}

int c4b_team_size(const c4b_team *team) { return team->size; }

void c4b_team_run(c4b_team *team, int parts, void (*body)(void *, int), void *context) {
    team->body = body;
    team->context = context;
    atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
    atomic_store(&team->tickets, make_ticket(++team->job, (uint32_t)parts));
    // Either this sees a member that sleeps, or the member sees the ticket before it does.
    if (atomic_load(&team->sleeping) > 0) {
        pthread_mutex_lock(&team->mutex);
        pthread_cond_broadcast(&team->wake);
        pthread_mutex_unlock(&team->mutex);
    }
    work(team);
    for (int i = 0; atomic_load_explicit(&team->finished, memory_order_acquire) < parts; i++) {
        // A member may have lost its core in the middle of a part.
        if (i < SPINS)
            pause_briefly();
        else
            sched_yield();
    }
}
