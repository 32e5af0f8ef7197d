/*
 * See nats_nkey.h. A key is base32 without padding of a prefix that says its kind, 32
 * bytes of Ed25519, and a CRC-16 of what stands before; a seed has two bytes of prefix.
 */
#include "queue/nats_nkey.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

FOVEA_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free);

enum {
    PREFIX_SEED = 18 << 3,
    PREFIX_USER = 20 << 3,
    KEY_BYTES = 32,
    CRC_BYTES = 2,
    SEED_BYTES = 2 + KEY_BYTES + CRC_BYTES,
    PUBLIC_BYTES = 1 + KEY_BYTES + CRC_BYTES,
    LETTER_BITS = 5
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static uint16_t
crc16(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc ^= (unsigned)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
        }
        crc &= 0xffff;
    }
    return (uint16_t)crc;
}

/* All bits of the letters have to be used, so that a key has one form. */
static bool
decode(const char *text, uint8_t *bytes, size_t size)
{
    unsigned bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (; *text; text++) {
        const char *letter = strchr(letters, *text);
        if (!letter) {
            return false;
        }
        bits = (bits << LETTER_BITS | (unsigned)(letter - letters)) & 0xfff;
        n_bits += LETTER_BITS;
        if (n_bits >= 8) {
            n_bits -= 8;
            if (n == size) {
                return false;
            }
            bytes[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    return n == size && n_bits < LETTER_BITS && !(bits & ((1U << n_bits) - 1));
}

static void
encode(const uint8_t *bytes, size_t size, char *text)
{
    unsigned bits = 0;
    unsigned n_bits = 0;
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        n_bits += 8;
        while (n_bits >= LETTER_BITS) {
            n_bits -= LETTER_BITS;
            *text++ = letters[bits >> n_bits & 31];
        }
    }
    if (n_bits > 0) {
        *text++ = letters[bits << (LETTER_BITS - n_bits) & 31];
    }
    *text = '\0';
}

static void
add_crc(uint8_t *bytes, size_t size)
{
    uint16_t crc = crc16(bytes, size);
    bytes[size] = (uint8_t)(crc & 0xff);
    bytes[size + 1] = (uint8_t)(crc >> 8);
}

bool
fovea_nkey_public(const char *seed, char *public_out)
{
    uint8_t raw[SEED_BYTES];
    uint8_t public[PUBLIC_BYTES];
    size_t size = KEY_BYTES;
    bool is_seed = decode(seed, raw, sizeof raw);
    if (is_seed) {
        uint16_t crc = crc16(raw, sizeof raw - CRC_BYTES);
        is_seed = (raw[0] & 0xf8) == PREFIX_SEED &&
                ((raw[0] & 7) << 5 | raw[1] >> 3) == PREFIX_USER &&
                raw[SEED_BYTES - 2] == (crc & 0xff) &&
                raw[SEED_BYTES - 1] == crc >> 8;
    }
    FOVEA_AUTO(EVP_PKEY_free_auto)
    EVP_PKEY *key = is_seed ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519,
                                      NULL, raw + 2, KEY_BYTES)
                            : NULL;
    explicit_bzero(raw, sizeof raw);
    if (!key || EVP_PKEY_get_raw_public_key(key, public + 1, &size) != 1 ||
            size != KEY_BYTES) {
        return false;
    }
    public[0] = PREFIX_USER;
    add_crc(public, 1 + KEY_BYTES);
    encode(public, sizeof public, public_out);
    return true;
}
