// What SHA-256 and SHA-1 have in common: 64-byte blocks, padding, big-endian words (FIPS 180-4, 5).

#include "CDigests.h"

#include <string.h>

typedef void block_function(uint32_t *state, const uint8_t *block);

static inline uint32_t load_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void store_word(uint8_t *bytes, uint32_t word) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static inline uint32_t rotate_left(uint32_t x, int n) { return x << n | x >> (32 - n); }

static inline uint32_t rotate_right(uint32_t x, int n) { return x >> n | x << (32 - n); }

static inline void append_blocks(c4b_digest *digest, const void *bytes, size_t count,
                                 block_function *add_block) {
    const uint8_t *next = bytes;
    size_t held = digest->byte_count % 64;
    digest->byte_count += count;
    if (held > 0) {
        const size_t taken = count < 64 - held ? count : 64 - held;
        memcpy(digest->block + held, next, taken);
        if (held + taken < 64) return;
        add_block(digest->state, digest->block);
        next += taken;
        count -= taken;
    }
    for (; count >= 64; count -= 64, next += 64) add_block(digest->state, next);
    if (count > 0) memcpy(digest->block, next, count);
}

/// A one bit, zeros, and the length in bits at the end of the last block.
static inline void end_blocks(c4b_digest *digest, uint8_t *out, int words,
                              block_function *add_block) {
    const uint64_t bit_count = digest->byte_count * 8;
    size_t held = digest->byte_count % 64;
    digest->block[held++] = 0x80;
    if (held > 56) {
        memset(digest->block + held, 0, 64 - held);
        add_block(digest->state, digest->block);
        held = 0;
    }
    memset(digest->block + held, 0, 56 - held);
    store_word(digest->block + 56, (uint32_t)(bit_count >> 32));
    store_word(digest->block + 60, (uint32_t)bit_count);
    add_block(digest->state, digest->block);
    for (int i = 0; i < words; i++) store_word(out + 4 * i, digest->state[i]);
}
