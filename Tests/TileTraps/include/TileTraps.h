/// Runs machine code with AMX instructions on processors that have none: each one faults, is decoded
/// where it stands, and done by the emulation in CKernels. So a test sees that the compiled kernel asks
/// for the right tiles and addresses.
#ifndef TILE_TRAPS_H
#define TILE_TRAPS_H

#include <stdbool.h>
#include <stddef.h>

/// Whether this can be done here: on Linux on x86-64.
bool tile_traps_exist(void);

/// Calls `body` with traps set. Returns the number of instructions emulated: 0 where the processor runs
/// them itself. One call at a time.
size_t tile_traps_run(void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

#endif
