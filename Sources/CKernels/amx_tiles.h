// The instructions of AMX, by the names that products use. Tile numbers are constants.

#define TILE_CONFIGURE(bytes) _tile_loadconfig(bytes)
#define TILE_RELEASE() _tile_release()
#define TILE_ZERO(tile) _tile_zero(tile)
#define TILE_LOAD(tile, base, stride) _tile_loadd(tile, base, stride)
#define TILE_STORE(tile, base, stride) _tile_stored(tile, base, stride)
#define TILE_DOT(sum, input, weight) _tile_dpbf16ps(sum, input, weight)
#define TILE_DOT_BYTES(sum, input, weight) _tile_dpbusd(sum, input, weight)
