#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

// Which branches of the program ran, and how often: the counters that -sanitize-coverage puts at every
// edge (https://clang.llvm.org/docs/SanitizerCoverage.html). Without that option there are none, and
// nothing is ever new.

/// Before an input is read.
void coverage_reset(void);

/// Whether the input that has been read went where none has gone before, or clearly more often.
bool coverage_has_grown(void);

/// How many edges have run at all.
size_t coverage_edge_count(void);

#endif
