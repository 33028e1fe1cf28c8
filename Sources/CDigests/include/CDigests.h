/// SHA-256 and SHA-1 (FIPS 180-4), by which the Hugging Face Hub names the contents of files: large
/// ones by SHA-256, small ones by the SHA-1 of their git blob. For checking downloads, not secrets: two
/// hundred lines in the place of a cryptographic library, which takes longer to build than all else here.
#ifndef CDIGESTS_H
#define CDIGESTS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// A digest in the making. Holds no pointers, so it may be copied.
typedef struct {
    uint32_t state[8];
    uint64_t byte_count;
    uint8_t block[64];  ///< the `byte_count % 64` bytes that do not fill a block yet
} c4b_digest;

void c4b_sha256_begin(c4b_digest *digest);
void c4b_sha256_append(c4b_digest *digest, const void *bytes, size_t count);
/// Writes the digest's 32 bytes; `digest` must begin anew after it.
void c4b_sha256_end(c4b_digest *digest, uint8_t *out);

void c4b_sha1_begin(c4b_digest *digest);
void c4b_sha1_append(c4b_digest *digest, const void *bytes, size_t count);
/// Writes the digest's 20 bytes; `digest` must begin anew after it.
void c4b_sha1_end(c4b_digest *digest, uint8_t *out);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
