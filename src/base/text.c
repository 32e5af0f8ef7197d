/* Growing text and JSON: see text.h. */
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/utf8.h"

void
fovea_text_finish(struct fovea_text *text)
{
    free(text->data);
    *text = (struct fovea_text){ 0 };
}

void
fovea_text_clear(struct fovea_text *text)
{
    text->size = 0;
    text->failed = false;
}

bool
fovea_text_failed(const struct fovea_text *text)
{
    return text->failed;
}

/* Room for size more bytes and a NUL. */
static bool
reserve(struct fovea_text *text, size_t size)
{
    size_t wanted = 0;
    if (text->failed || !fovea_add_size(text->size, size, &wanted) ||
            !fovea_add_size(wanted, 1, &wanted)) {
        text->failed = true;
        return false;
    }
    if (wanted <= text->capacity) {
        return true;
    }
    size_t capacity = 0;
    if (!fovea_mul_size(text->capacity, 2, &capacity) || capacity < wanted) {
        capacity = wanted < 256 ? 256 : wanted;
    }
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void
fovea_text_add(struct fovea_text *text, const char *bytes, size_t size)
{
    if (reserve(text, size)) {
        memcpy(text->data + text->size, bytes, size);
        text->size += size;
        text->data[text->size] = '\0';
    }
}

void
fovea_text_format(struct fovea_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0 || !reserve(text, (size_t)size)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text->data + text->size, (size_t)size + 1, format,
            arguments);
    va_end(arguments);
    text->size += (size_t)size;
}

static void
add_ascii(struct fovea_text *text, char byte)
{
    switch (byte) {
    case '"':
        fovea_text_add(text, "\\\"", 2);
        break;
    case '\\':
        fovea_text_add(text, "\\\\", 2);
        break;
    case '\n':
        fovea_text_add(text, "\\n", 2);
        break;
    case '\t':
        fovea_text_add(text, "\\t", 2);
        break;
    case '\r':
        fovea_text_add(text, "\\r", 2);
        break;
    default:
        if ((unsigned char)byte < 0x20 || byte == 0x7f) {
            fovea_text_format(text, "\\u%04x", (unsigned)byte);
        } else {
            fovea_text_add(text, &byte, 1);
        }
        break;
    }
}

void
fovea_text_printable(struct fovea_text *text, const char *string)
{
    size_t at = text->size;
    fovea_text_add(text, string, strlen(string));
    if (!fovea_text_failed(text)) {
        fovea_utf8_make_line(text->data + at);
    }
}

void
fovea_text_json_bytes(struct fovea_text *text, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    fovea_text_add(text, "\"", 1);
    while (bytes < end) {
        size_t n = *bytes ? fovea_utf8_size(bytes) : 1;
        if (n == 1) {
            add_ascii(text, *bytes);
        } else if (n > 1 && n <= (size_t)(end - bytes)) {
            fovea_text_add(text, bytes, n);
        } else {
            n = 1;
            fovea_text_add(text, "\xef\xbf\xbd", 3);
        }
        bytes += n;
    }
    fovea_text_add(text, "\"", 1);
}

void
fovea_text_json_string(struct fovea_text *text, const char *string)
{
    fovea_text_json_bytes(text, string, strlen(string));
}

/* Powers of ten that a double holds exactly. */
static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22 };

/*
 * Whether digits / 10^scale reads back as value. The quotient of two exact
 * doubles is the decimal correctly rounded to double; rounding that to float32
 * gives what rounding the decimal itself would, unless the double lies just on
 * the middle between two float32 (its lower 29 bits are 100...0): such a
 * decimal is not taken.
 */
static bool
reads_back(uint64_t digits, size_t scale, float value)
{
    double decimal = (double)digits / powers[scale];
    uint64_t bits;
    memcpy(&bits, &decimal, sizeof bits);
    return (bits & 0x1fffffff) != 0x10000000 && (float)decimal == value;
}

/* digits / 10^scale without an exponent; scale 1..22. */
static void
add_decimal(struct fovea_text *text, uint64_t digits, size_t scale)
{
    char line[32];
    char *at = line + sizeof line;
    for (size_t i = 0; digits || i <= scale; i++) {
        if (i == scale) {
            *--at = '.';
        }
        *--at = (char)('0' + digits % 10);
        digits /= 10;
    }
    fovea_text_add(text, at, (size_t)(line + sizeof line - at));
}

/* Far from 1, and rare: nine digits always read back. */
static void
add_far(struct fovea_text *text, float value)
{
    char line[32] = "";
    for (int n = 1; n <= 9; n++) {
        (void)snprintf(line, sizeof line, "%.*g", n, (double)value);
        if (strtof(line, NULL) == value) {
            break;
        }
    }
    fovea_text_add(text, line, strlen(line));
}

void
fovea_text_json_float(struct fovea_text *text, float value)
{
    if (!isfinite(value)) {
        fovea_text_add(text, "null", 4);
        return;
    }
    float magnitude = fabsf(value);
    if (magnitude < 1e-5F || magnitude >= 1e6F) {
        add_far(text, value);
        return;
    }
    if (value < 0) {
        fovea_text_add(text, "-", 1);
    }
    /* Nine digits from the first that is not 0 always do: in this range they
       end at most 14 behind the point, and fit a double exactly. */
    for (size_t scale = 1; scale < 15; scale++) {
        double scaled = (double)magnitude * powers[scale];
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if (digits && reads_back(digits, scale, magnitude)) {
            add_decimal(text, digits, scale);
            return;
        }
    }
    add_far(text, magnitude);
}
