#include "FuzzCoverage.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *counters;
static size_t counter_count;
// By counter, how often an edge has run in one input, as bits of `magnitude`.
static uint8_t *seen;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);

// Called for each part of the program that has counters; the linker has put them one behind another.
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end) {
    counters = start;
    counter_count = (size_t)(end - start);
}

void coverage_reset(void) {
    if (counter_count > 0) memset(counters, 0, counter_count);
}

// One time is not two, but 40 times are like 50.
static uint8_t magnitude(uint8_t count) {
    if (count <= 2) return count;
    if (count == 3) return 4;
    if (count < 8) return 8;
    if (count < 16) return 16;
    if (count < 32) return 32;
    return count < 128 ? 64 : 128;
}

// The counters are AddressSanitizer's neighbours, not its business, and there are many.
__attribute__((no_sanitize("address"))) bool coverage_has_grown(void) {
    if (seen == NULL && (seen = calloc(counter_count + 1, 1)) == NULL) abort();
    bool grown = false;
    enum { block = 256 };
    for (size_t start = 0; start < counter_count; start += block) {
        size_t end = start + block < counter_count ? start + block : counter_count;
        // Most have not run.
        uint8_t any = 0;
        for (size_t i = start; i < end; i++) any |= counters[i];
        if (any == 0) continue;
        for (size_t i = start; i < end; i++) {
            uint8_t bit = magnitude(counters[i]);
            grown |= (bit & ~seen[i]) != 0;
            seen[i] |= bit;
        }
    }
    return grown;
}

size_t coverage_edge_count(void) {
    size_t count = 0;
    for (size_t i = 0; seen != NULL && i < counter_count; i++) count += seen[i] != 0;
    return count;
}
