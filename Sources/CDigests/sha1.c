// SHA-1 (FIPS 180-4, 6.1).

#include "blocks.h"

static void add_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[80];
    for (int t = 0; t < 16; t++) w[t] = load_word(block + 4 * t);
    for (int t = 16; t < 80; t++)
        w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        uint32_t mix, constant;
        if (t < 20) {
            mix = (b & c) | (~b & d);
            constant = 0x5A827999;
        } else if (t < 40) {
            mix = b ^ c ^ d;
            constant = 0x6ED9EBA1;
        } else if (t < 60) {
            mix = (b & c) | (b & d) | (c & d);
            constant = 0x8F1BBCDC;
        } else {
            mix = b ^ c ^ d;
            constant = 0xCA62C1D6;
        }
        const uint32_t next = rotate_left(a, 5) + mix + e + constant + w[t];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void c4b_sha1_begin(c4b_digest *digest) {
    *digest = (c4b_digest){
        .state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0},
    };
}

void c4b_sha1_append(c4b_digest *digest, const void *bytes, size_t count) {
    append_blocks(digest, bytes, count, add_block);
}

void c4b_sha1_end(c4b_digest *digest, uint8_t *out) { end_blocks(digest, out, 5, add_block); }
