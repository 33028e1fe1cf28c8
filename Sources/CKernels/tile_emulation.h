// The tile instructions of AMX in plain C, as the Intel 64 and IA-32 Architectures Software Developer's
// Manual defines them (volume 1, chapter 18; volume 2, LDTILECFG, TILEZERO, TILELOADD, TILESTORED,
// TDPBF16PS, TDPBUSD,
// TILERELEASE). What faults there traps here.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TILE_COUNT = 8, MAX_TILE_ROWS = 16, MAX_ROW_BYTES = 64 };

typedef struct {
    uint8_t palette;  ///< 0: not configured
    uint8_t rows[TILE_COUNT];
    uint16_t row_bytes[TILE_COUNT];
    uint8_t data[TILE_COUNT][MAX_TILE_ROWS][MAX_ROW_BYTES];
} tile_registers;

static void tile_check(bool holds) {
    if (!holds) __builtin_trap();
}

static void tile_release(tile_registers *tiles) { memset(tiles, 0, sizeof *tiles); }

/// ldtilecfg: 64 bytes of palette, first row, reserved bytes, bytes a row, and rows.
static void tile_configure(tile_registers *tiles, const void *memory) {
    uint8_t bytes[64];
    memcpy(bytes, memory, sizeof bytes);
    tile_release(tiles);
    if (bytes[0] == 0) return;
    tile_check(bytes[0] == 1);
    for (size_t i = 2; i < 16; i++) tile_check(bytes[i] == 0);
    for (size_t i = 0; i < 16; i++) {
        uint16_t row_bytes;
        memcpy(&row_bytes, bytes + 16 + 2 * i, sizeof row_bytes);
        const uint8_t rows = bytes[48 + i];
        if (i >= TILE_COUNT) {
            tile_check(row_bytes == 0 && rows == 0);
            continue;
        }
        tile_check(row_bytes <= MAX_ROW_BYTES && rows <= MAX_TILE_ROWS);
        tile_check((row_bytes == 0) == (rows == 0));
        tiles->row_bytes[i] = row_bytes;
        tiles->rows[i] = rows;
    }
    tiles->palette = bytes[0];
}

static void tile_check_configured(const tile_registers *tiles, int tile) {
    tile_check(tiles->palette == 1 && tile >= 0 && tile < TILE_COUNT && tiles->rows[tile] > 0);
}

static void tile_zero(tile_registers *tiles, int tile) {
    tile_check_configured(tiles, tile);
    memset(tiles->data[tile], 0, sizeof tiles->data[tile]);
}

static void tile_load(tile_registers *tiles, int tile, const void *base, size_t stride) {
    tile_check_configured(tiles, tile);
    const size_t bytes = tiles->row_bytes[tile];
    for (size_t row = 0; row < MAX_TILE_ROWS; row++) {
        uint8_t *const to = tiles->data[tile][row];
        memset(to, 0, MAX_ROW_BYTES);
        if (row < tiles->rows[tile]) memcpy(to, (const uint8_t *)base + row * stride, bytes);
    }
}

static void tile_store(const tile_registers *tiles, int tile, void *base, size_t stride) {
    tile_check_configured(tiles, tile);
    for (size_t row = 0; row < tiles->rows[tile]; row++) {
        memcpy((uint8_t *)base + row * stride, tiles->data[tile][row], tiles->row_bytes[tile]);
    }
}

/// Denormals are zeros, of their sign.
static float tile_flush(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7F800000u) == 0) bits &= 0x80000000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float tile_number(const uint8_t *p) {
    uint16_t half;
    memcpy(&half, p, sizeof half);
    const uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return tile_flush(x);
}

/// The shapes that products of two tiles need: each row of the sums goes by a row of `a`, each of their
/// columns by one of `b`, in groups of 4 bytes along the depth.
static void tile_check_product(const tile_registers *tiles, int sum, int a, int b) {
    tile_check_configured(tiles, sum);
    tile_check_configured(tiles, a);
    tile_check_configured(tiles, b);
    tile_check(sum != a && sum != b && a != b);
    tile_check(tiles->row_bytes[sum] % 4 == 0 && tiles->row_bytes[a] % 4 == 0);
    tile_check(tiles->rows[a] == tiles->rows[sum]);
    tile_check(tiles->row_bytes[b] == tiles->row_bytes[sum]);
    tile_check(tiles->rows[b] == tiles->row_bytes[a] / 4);
}

/// tdpbf16ps: the sums of even and of odd places, each by fused multiply-adds, then added.
static inline void tile_dot(tile_registers *tiles, int sum, int a, int b) {
    tile_check_product(tiles, sum, a, b);
    const size_t rows = tiles->rows[sum], columns = tiles->row_bytes[sum] / 4;
    const size_t pairs = tiles->row_bytes[a] / 4;
    for (size_t m = 0; m < rows; m++) {
        float even[MAX_ROW_BYTES / 4] = {0}, odd[MAX_ROW_BYTES / 4] = {0};
        for (size_t k = 0; k < pairs; k++) {
            const float x = tile_number(&tiles->data[a][m][4 * k]);
            const float y = tile_number(&tiles->data[a][m][4 * k + 2]);
            for (size_t n = 0; n < columns; n++) {
                const uint8_t *const pair = &tiles->data[b][k][4 * n];
                even[n] = tile_flush(__builtin_fmaf(x, tile_number(pair), even[n]));
                odd[n] = tile_flush(__builtin_fmaf(y, tile_number(pair + 2), odd[n]));
            }
        }
        for (size_t n = 0; n < columns; n++) {
            float total;
            memcpy(&total, &tiles->data[sum][m][4 * n], sizeof total);
            total = tile_flush(tile_flush(total) + tile_flush(even[n] + odd[n]));
            memcpy(&tiles->data[sum][m][4 * n], &total, sizeof total);
        }
        memset(&tiles->data[sum][m][4 * columns], 0, MAX_ROW_BYTES - 4 * columns);
    }
    for (size_t m = rows; m < MAX_TILE_ROWS; m++) memset(tiles->data[sum][m], 0, MAX_ROW_BYTES);
}

/// tdpbusd: unsigned bytes of `a` by signed ones of `b`.
static inline void tile_dot_bytes(tile_registers *tiles, int sum, int a, int b) {
    tile_check_product(tiles, sum, a, b);
    const size_t rows = tiles->rows[sum], columns = tiles->row_bytes[sum] / 4;
    const size_t quads = tiles->row_bytes[a] / 4;
    for (size_t m = 0; m < rows; m++) {
        for (size_t n = 0; n < columns; n++) {
            uint32_t total;
            memcpy(&total, &tiles->data[sum][m][4 * n], sizeof total);
            for (size_t k = 0; k < 4 * quads; k++) {
                const int32_t x = tiles->data[a][m][k];
                const int32_t y = (int8_t)tiles->data[b][k / 4][4 * n + k % 4];
                total += (uint32_t)(x * y);
            }
            memcpy(&tiles->data[sum][m][4 * n], &total, sizeof total);
        }
        memset(&tiles->data[sum][m][4 * columns], 0, MAX_ROW_BYTES - 4 * columns);
    }
    for (size_t m = rows; m < MAX_TILE_ROWS; m++) memset(tiles->data[sum][m], 0, MAX_ROW_BYTES);
}
