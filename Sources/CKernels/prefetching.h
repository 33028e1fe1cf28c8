// Asking for memory before it is needed.

/// Memory to be asked for while a product goes on, evenly: `step` bytes for each step of its depth.
/// Nothing where `start` is null.
typedef struct {
    const char *start;
    size_t step;
} ahead;

#define NOTHING_AHEAD ((ahead){NULL, 0})

/// Part `part` of `parts` of the `bytes` that begin at `start`, in `depth` steps.
///
/// Each block of rows that goes by a panel of a weight asks for a part of the next one, which few rows
/// would else wait for: they are done with a panel before the processor has noticed what comes next. A
/// single block leaves no time.
INLINE ahead part_ahead(const void *start, size_t bytes, size_t part, size_t parts, size_t depth) {
    if (parts < 2) return NOTHING_AHEAD;
    const size_t step = bytes / parts / depth;
    return (ahead){(const char *)start + part * step * depth, step};
}
