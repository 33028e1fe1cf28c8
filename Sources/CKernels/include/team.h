#ifndef C4B_TEAM_H
#define C4B_TEAM_H

/// Threads that share the parts of one small job, such as the columns of a product: for one text on
/// several cores. Between jobs they spin for some tens of microseconds, longer than the gaps inside a
/// forward pass, and then sleep.
typedef struct c4b_team c4b_team;

/// A team of `size` threads, the caller's included. Null where the system gives no thread at all;
/// smaller than asked for where it gives some.
c4b_team *c4b_team_create(int size);

void c4b_team_destroy(c4b_team *team);

int c4b_team_size(const c4b_team *team);

/// Calls `body(context, part)` once for each part in 0 ..< parts, on all threads of the team, and
/// returns when all calls have. At most 65,000 parts. One job at a time: the caller sees to that.
void c4b_team_run(c4b_team *team, int parts, void (*body)(void *context, int part), void *context);

#endif
