/* The strings of a JSON text: see json_string.h. */
#include "server/json_string.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

enum {
    BLOCK = 32,
    NO_CODE = -1
};

enum fovea_status
fovea_json_fail(struct fovea_error *err, size_t at, const char *format, ...)
{
    char what[FOVEA_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fovea_fail(err, FOVEA_ERR_JSON, "not valid JSON at byte %zu: %s", at,
            what);
}

/* Written without branches: the compiler looks at a block at once. */
static uint8_t
is_special(uint8_t byte)
{
    return (uint8_t)((byte < 0x20) | (byte >= 0x80) | (byte == '"') |
            (byte == '\\'));
}

/* How many bytes stand for themselves before the first that may not. Nearly
 * all of an image's base64 goes through here and nowhere else. */
static size_t
plain_size(const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;
    while (size - at >= BLOCK) {
        uint8_t special = 0;
        for (size_t i = 0; i < BLOCK; i++) {
            special |= is_special(bytes[at + i]);
        }
        if (special) {
            break;
        }
        at += BLOCK;
    }
    while (at < size && !is_special(bytes[at])) {
        at++;
    }
    return at;
}

static int
hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : NO_CODE;
}

/* The number of a "\uXXXX" at the start of the text, NO_CODE if there is
 * none. */
static int32_t
code_at(const char *text, size_t size)
{
    if (size < 6 || text[0] != '\\' || text[1] != 'u') {
        return NO_CODE;
    }
    int32_t code = 0;
    for (size_t i = 2; i < 6; i++) {
        int value = hex_value(text[i]);
        if (value == NO_CODE) {
            return NO_CODE;
        }
        code = code << 4 | value;
    }
    return code;
}

static bool
is_first_half(int32_t code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool
is_second_half(int32_t code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* What \b and its like stand for; 0 for what is no such escape. */
static char
short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

static enum fovea_status
check_code(const char *body, size_t size, size_t at, size_t *used_out,
        struct fovea_error *err)
{
    int32_t code = code_at(body + at, size - at);
    if (code == NO_CODE) {
        return fovea_json_fail(err, at,
                "\\u is not followed by four hexadecimal digits");
    }
    if (code == 0) {
        return fovea_json_fail(err, at, "\\u0000 is not taken");
    }
    *used_out = 6;
    if (is_first_half(code)) {
        if (!is_second_half(code_at(body + at + 6, size - at - 6))) {
            return fovea_json_fail(err, at,
                    "the first half of a surrogate pair without the second");
        }
        *used_out = 12;
    } else if (is_second_half(code)) {
        return fovea_json_fail(err, at,
                "the second half of a surrogate pair without the first");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_escape(const char *body, size_t size, size_t at, size_t *used_out,
        struct fovea_error *err)
{
    char letter = '\0';
    if (size - at >= 2) {
        letter = body[at + 1];
    }
    if (letter == 'u') {
        return check_code(body, size, at, used_out, err);
    }
    if (!short_escape(letter)) {
        return fovea_json_fail(err, at, "an escape that JSON does not have");
    }
    *used_out = 2;
    return FOVEA_OK;
}

static enum fovea_status
check_sequence(const char *body, size_t size, size_t at, size_t *used_out,
        struct fovea_error *err)
{
    char last[5] = { 0 };
    const char *sequence = body + at;
    if (size - at < sizeof last) {
        /* It must not be looked for behind the end of the body. */
        memcpy(last, sequence, size - at);
        sequence = last;
    }
    *used_out = fovea_utf8_size(sequence);
    if (*used_out == 0) {
        return fovea_json_fail(err, at, "byte 0x%02x is not UTF-8",
                (unsigned)(uint8_t)body[at]);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_json_string_scan(const char *body, size_t size, size_t begin,
        size_t *end_out, bool *has_escapes_out, struct fovea_error *err)
{
    bool has_escapes = false;
    size_t at = begin + plain_size(body + begin, size - begin);
    while (at < size && body[at] != '"') {
        enum fovea_status status = FOVEA_OK;
        uint8_t byte = (uint8_t)body[at];
        size_t used = 0;
        if (byte < 0x20) {
            return fovea_json_fail(err, at,
                    "control character 0x%02x in a string", (unsigned)byte);
        }
        if (byte == '\\') {
            has_escapes = true;
            status = check_escape(body, size, at, &used, err);
        } else {
            status = check_sequence(body, size, at, &used, err);
        }
        if (status) {
            return status;
        }
        at += used;
        at += plain_size(body + at, size - at);
    }
    if (at == size) {
        return fovea_json_fail(err, begin - 1, "a string that does not end");
    }
    *end_out = at;
    *has_escapes_out = has_escapes;
    return FOVEA_OK;
}

/* UTF-8 of a code point; returns its size. */
static size_t
encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* Decode the escape at the start of the text; returns what it was long. out may
 * be the escape itself. */
static size_t
unescape_one(const char *text, size_t size, char *out, size_t *n_out)
{
    char letter = short_escape(text[1]);
    if (letter) {
        *out = letter;
        *n_out = 1;
        return 2;
    }
    int32_t code = code_at(text, size);
    size_t used = 6;
    if (is_first_half(code)) {
        int32_t second = code_at(text + 6, size - 6);
        code = 0x10000 + ((code & 0x3ff) << 10 | (second & 0x3ff));
        used = 12;
    }
    *n_out = encode((uint32_t)code, out);
    return used;
}

size_t
fovea_json_string_unescape(char *text, size_t size)
{
    size_t from = 0;
    size_t to = 0;
    while (from < size) {
        const char *escape = memchr(text + from, '\\', size - from);
        size_t n = escape ? (size_t)(escape - (text + from)) : size - from;
        memmove(text + to, text + from, n);
        from += n;
        to += n;
        if (escape) {
            size_t n_decoded = 0;
            from += unescape_one(text + from, size - from, text + to,
                    &n_decoded);
            to += n_decoded;
        }
    }
    return to;
}
