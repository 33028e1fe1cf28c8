#ifndef C4B_THREADS_H
#define C4B_THREADS_H

/// Starts a thread that calls `body(context)` and ends with it; nobody waits for it. Returns 0, or
/// the system's error number.
int c4b_thread_start(void (*body)(void *context), void *context);

/// How many processors the scheduler lets this process run on (`taskset`, cpusets); 0 where the
/// system does not tell.
int c4b_allowed_processors(void);

#endif
