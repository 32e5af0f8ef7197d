/*
 * base64: whatever decodes must be what an encoder of another make gives back,
 * letter for letter, once blanks, padding and prefix are gone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "source/base64.h"

/* The letter for six bits, counted out instead of looked up. */
static char
letter(unsigned six)
{
    if (six < 26) {
        return (char)('A' + six);
    }
    if (six < 52) {
        return (char)('a' + (six - 26));
    }
    if (six < 62) {
        return (char)('0' + (six - 52));
    }
    return six == 62 ? '+' : '/';
}

/* Bit `index` of the bytes, the highest of each first; 0 past the end. */
static unsigned
bit_at(const uint8_t *bytes, size_t size, size_t index)
{
    return index / 8 < size ? bytes[index / 8] >> (7 - index % 8) & 1U : 0;
}

static char
encoded_at(const uint8_t *bytes, size_t size, size_t index)
{
    unsigned six = 0;
    for (size_t i = 0; i < 6; i++) {
        six = six << 1 | bit_at(bytes, size, index * 6 + i);
    }
    return letter(six);
}

static size_t
letters_begin(const char *text, size_t size)
{
    const char *colon = memchr(text, ':', size);
    const char *comma = memchr(text, ',', size);
    return colon && comma ? (size_t)(comma - text) + 1 : 0;
}

static void
check(const char *text, size_t size, const uint8_t *bytes, size_t n_bytes)
{
    size_t n_letters = 0;
    for (size_t i = letters_begin(text, size); i < size; i++) {
        char c = text[i];
        if (strchr("\r\n\t =", c)) {
            continue;
        }
        if (c == '-') {
            c = '+';
        }
        if (c == '_') {
            c = '/';
        }
        FOVEA_ASSERT(c == encoded_at(bytes, n_bytes, n_letters));
        n_letters++;
    }
    FOVEA_ASSERT(n_letters == (n_bytes * 8 + 5) / 6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    FOVEA_AUTO_FREE uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    struct fovea_error error;
    enum fovea_status status = fovea_base64_decode(text, size,
            UINT64_C(1) << 20, &bytes, &n_bytes, &error);
    if (status) {
        FOVEA_ASSERT(!bytes && error.code == status && error.message[0]);
        return 0;
    }
    check(text, size, bytes, n_bytes);
    return 0;
}
