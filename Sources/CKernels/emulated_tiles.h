// The instructions of AMX in plain C, by the names that products use.

#include "tile_emulation.h"

static _Thread_local tile_registers registers;

#define TILE_CONFIGURE(bytes) tile_configure(&registers, bytes)
#define TILE_RELEASE() tile_release(&registers)
#define TILE_ZERO(tile) tile_zero(&registers, tile)
#define TILE_LOAD(tile, base, stride) tile_load(&registers, tile, base, stride)
#define TILE_STORE(tile, base, stride) tile_store(&registers, tile, base, stride)
#define TILE_DOT(sum, input, weight) tile_dot(&registers, sum, input, weight)
#define TILE_DOT_BYTES(sum, input, weight) tile_dot_bytes(&registers, sum, input, weight)
