/*
 * base64: see base64.h.
 *
 * Two passes over the text: the first counts its letters, so that the limit is
 * checked and the memory taken exactly; the second decodes. Whole groups of
 * four letters go through a short path, everything else (line breaks, padding,
 * the end, whatever is wrong) character by character.
 */
#include "source/base64.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "option/limits.h"

/*
 * What a character is. A letter has its six bits below; one that only one of
 * the alphabets has is marked. Both marks together: not a letter at all, so
 * that or-ing the codes of a text shows a mix of alphabets as it shows a
 * foreign character.
 */
enum {
    VALUE = 0x3f,
    STANDARD = 0x40,
    URL_SAFE = 0x80,
    NOT_A_LETTER = STANDARD | URL_SAFE,
    FOREIGN = NOT_A_LETTER,
    SPACE = NOT_A_LETTER | 1,
    PADDING = NOT_A_LETTER | 2
};

/* clang-format off */
#define F FOREIGN
#define S SPACE
static const uint8_t codes[256] = {
    F, F, F, F, F, F, F, F, F, S, S, F, F, S, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    S, F, F, F, F, F, F, F, F, F, F, STANDARD | 62, F, URL_SAFE | 62,
    F, STANDARD | 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, F, F, F, PADDING, F, F,
    F, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, F, F, F, F, URL_SAFE | 63,
    F, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
};
#undef F
#undef S
/* clang-format on */

/* Where the decoding of a text stands. */
struct decoder {
    const uint8_t *text;
    size_t size;
    size_t at;          /* the next character */
    unsigned alphabet;  /* 0, STANDARD or URL_SAFE: what was seen so far */
    unsigned n_letters; /* of the group that is not complete: 0..3 */
    uint32_t bits;      /* theirs */
    unsigned n_padding;
    uint8_t *out; /* the next byte */
};

static bool
is_letter(unsigned code)
{
    return (code & NOT_A_LETTER) != NOT_A_LETTER;
}

/* Groups of four letters, as long as nothing else comes. */
static void
decode_groups(struct decoder *decoder)
{
    const uint8_t *text = decoder->text;
    size_t at = decoder->at;
    uint8_t *out = decoder->out;
    unsigned alphabet = decoder->alphabet;
    while (decoder->size - at >= 4) {
        unsigned a = codes[text[at]];
        unsigned b = codes[text[at + 1]];
        unsigned c = codes[text[at + 2]];
        unsigned d = codes[text[at + 3]];
        unsigned seen = (alphabet | a | b | c | d) & NOT_A_LETTER;
        if (seen == NOT_A_LETTER) {
            break;
        }
        alphabet = seen;
        uint32_t bits = (a & VALUE) << 18 | (b & VALUE) << 12 |
                (c & VALUE) << 6 | (d & VALUE);
        out[0] = (uint8_t)(bits >> 16);
        out[1] = (uint8_t)(bits >> 8);
        out[2] = (uint8_t)bits;
        out += 3;
        at += 4;
    }
    decoder->at = at;
    decoder->out = out;
    decoder->alphabet = alphabet;
}

static enum fovea_status
decode_letter(struct decoder *decoder, unsigned code, struct fovea_error *err)
{
    if (decoder->n_padding > 0) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: a letter after the padding at offset %zu",
                decoder->at);
    }
    unsigned seen = (decoder->alphabet | code) & NOT_A_LETTER;
    if (seen == NOT_A_LETTER) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: the standard and the URL-safe alphabet are mixed at "
                "offset %zu",
                decoder->at);
    }
    decoder->alphabet = seen;
    decoder->bits = decoder->bits << 6 | (code & VALUE);
    decoder->n_letters++;
    if (decoder->n_letters == 4) {
        decoder->out[0] = (uint8_t)(decoder->bits >> 16);
        decoder->out[1] = (uint8_t)(decoder->bits >> 8);
        decoder->out[2] = (uint8_t)decoder->bits;
        decoder->out += 3;
        decoder->n_letters = 0;
        decoder->bits = 0;
    }
    return FOVEA_OK;
}

static enum fovea_status
decode_character(struct decoder *decoder, struct fovea_error *err)
{
    unsigned character = decoder->text[decoder->at];
    unsigned code = codes[character];
    if (is_letter(code)) {
        return decode_letter(decoder, code, err);
    }
    if (code == PADDING) {
        decoder->n_padding++;
        if (decoder->n_letters < 2 ||
                decoder->n_letters + decoder->n_padding > 4) {
            return fovea_fail(err, FOVEA_ERR_BASE64,
                    "base64: misplaced padding at offset %zu", decoder->at);
        }
        return FOVEA_OK;
    }
    if (code == SPACE) {
        return FOVEA_OK;
    }
    return fovea_fail(err, FOVEA_ERR_BASE64,
            "base64: character 0x%02x at offset %zu is in no alphabet",
            character, decoder->at);
}

/* The last group, of two or three letters. */
static enum fovea_status
decode_rest(struct decoder *decoder, struct fovea_error *err)
{
    unsigned n = decoder->n_letters;
    if (n == 0) {
        return FOVEA_OK;
    }
    if (n == 1) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: a lone last letter before offset %zu: the text was "
                "cut",
                decoder->at);
    }
    if (decoder->n_padding > 0 && n + decoder->n_padding != 4) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: the padding is incomplete at offset %zu", decoder->at);
    }
    uint32_t bits = decoder->bits << 6 * (4 - n);
    uint32_t used = n == 2 ? UINT32_C(0xff0000) : UINT32_C(0xffff00);
    if (bits & ~used) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: unused bits of the last letter before offset %zu are "
                "not zero",
                decoder->at);
    }
    *decoder->out++ = (uint8_t)(bits >> 16);
    if (n == 3) {
        *decoder->out++ = (uint8_t)(bits >> 8);
    }
    return FOVEA_OK;
}

static enum fovea_status
decode(struct decoder *decoder, struct fovea_error *err)
{
    while (decoder->at < decoder->size) {
        if (decoder->n_letters == 0) {
            decode_groups(decoder);
        }
        if (decoder->at == decoder->size) {
            break;
        }
        enum fovea_status status = decode_character(decoder, err);
        if (status) {
            return status;
        }
        decoder->at++;
    }
    return decode_rest(decoder, err);
}

static bool
matches(const char *text, size_t size, const char *word)
{
    size_t len = strlen(word);
    return size >= len && strncasecmp(text, word, len) == 0;
}

/* Find where the letters begin: behind blanks and a data: prefix. */
static enum fovea_status
skip_prefix(const char *text, size_t size, size_t *begin_out,
        struct fovea_error *err)
{
    size_t begin = 0;
    while (begin < size && codes[(uint8_t)text[begin]] == SPACE) {
        begin++;
    }
    *begin_out = begin;
    if (!matches(text + begin, size - begin, "data:")) {
        return FOVEA_OK;
    }
    const char *comma = memchr(text + begin, ',', size - begin);
    if (!comma) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: the data: prefix at offset %zu has no comma", begin);
    }
    size_t end = (size_t)(comma - text);
    for (size_t i = begin; i < end; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return fovea_fail(err, FOVEA_ERR_BASE64,
                    "base64: character 0x%02x at offset %zu in the data: "
                    "prefix",
                    (unsigned)(uint8_t)text[i], i);
        }
    }
    static const char mark[] = ";base64";
    size_t mark_len = sizeof mark - 1;
    if (end - begin < strlen("data:") + mark_len ||
            !matches(comma - mark_len, mark_len, mark)) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "base64: the data: prefix does not end in \";base64\" before "
                "offset %zu",
                end);
    }
    *begin_out = end + 1;
    return FOVEA_OK;
}

enum fovea_status
fovea_base64_decode(const char *text, size_t size, uint64_t max_bytes,
        uint8_t **bytes_out, size_t *size_out, struct fovea_error *err)
{
    struct decoder decoder = {
        .text = (const uint8_t *)text,
        .size = size,
    };
    enum fovea_status status = skip_prefix(text, size, &decoder.at, err);
    if (status) {
        return status;
    }
    size_t n_letters = 0;
    for (size_t i = decoder.at; i < size; i++) {
        n_letters += is_letter(codes[decoder.text[i]]);
    }
    size_t n_bytes = n_letters / 4 * 3 + n_letters % 4 * 3 / 4;
    if (n_bytes > max_bytes) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "base64: %zu bytes, more than the limit of %llu %s", n_bytes,
                (unsigned long long)max_bytes,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    }
    /* Nothing to decode is refused below, with what is wrong in the text. */
    FOVEA_AUTO_FREE uint8_t *bytes = malloc(n_bytes > 0 ? n_bytes : 1);
    if (!bytes) {
        return fovea_fail_memory(err, n_bytes, "the decoded base64 text");
    }
    decoder.out = bytes;
    status = decode(&decoder, err);
    if (status) {
        return status;
    }
    if (n_bytes == 0) {
        return fovea_fail(err, FOVEA_ERR_BASE64, "base64: the text is empty");
    }
    *bytes_out = FOVEA_TAKE(bytes);
    *size_out = n_bytes;
    return FOVEA_OK;
}

size_t
fovea_base64_begin(const char *text, size_t size, uint8_t *bytes_out,
        size_t max)
{
    unsigned alphabet = 0;
    unsigned n_bits = 0;
    uint32_t bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < size && n < max; i++) {
        unsigned code = codes[(uint8_t)text[i]];
        if (code == SPACE) {
            continue;
        }
        unsigned seen = (alphabet | code) & NOT_A_LETTER;
        if (seen == NOT_A_LETTER) {
            break;
        }
        alphabet = seen;
        bits = (bits << 6 | (code & VALUE)) & 0xffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes_out[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    return n;
}
