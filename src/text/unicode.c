/* See unicode.h. */
#include "text/unicode.h"

#include <utf8proc.h>

#include "base/macros.h"

/* What is newer than utf8proc's tables: ranges, in order. */
struct range {
    uint32_t first;
    uint32_t last;
};

struct shift {
    uint32_t first;
    uint32_t last;
    int32_t lower; /* from the capital to the small letter */
};

#include "text/unicode_later.inc"

enum {
    REPLACEMENT = 0xfffd,
    CAPITAL_I_WITH_DOT = 0x130,
    DOT_ABOVE = 0x307
};

static bool
is_in(const struct range *ranges, size_t n, uint32_t character)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (character > ranges[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && character >= ranges[low].first;
}

static utf8proc_category_t
category(uint32_t character)
{
    return utf8proc_category((utf8proc_int32_t)character);
}

size_t
fovea_char_next(const uint8_t *at, const uint8_t *end, uint32_t *character_out)
{
    uint8_t first = *at;
    if (first < 0x80) {
        *character_out = first;
        return 1;
    }
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    if (size == 0 || (size_t)(end - at) < size) {
        *character_out = REPLACEMENT;
        return 1;
    }
    uint32_t character = first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            *character_out = REPLACEMENT;
            return 1;
        }
        character = character << 6 | (at[i] & 0x3fU);
    }
    *character_out = character <= 0x10ffff ? character : REPLACEMENT;
    return size;
}

size_t
fovea_char_before(const uint8_t *begin, const uint8_t *at,
        uint32_t *character_out)
{
    const uint8_t *first = at - 1;
    while (first > begin && at - first < 4 && (*first & 0xc0) == 0x80) {
        first--;
    }
    size_t size = fovea_char_next(first, at, character_out);
    if (size != (size_t)(at - first)) {
        *character_out = REPLACEMENT;
        return 1;
    }
    return size;
}

size_t
fovea_char_put(uint32_t character, uint8_t out[4])
{
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (uint8_t)(0xc0 | character >> 6);
        out[1] = (uint8_t)(0x80 | (character & 0x3f));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (uint8_t)(0xe0 | character >> 12);
        out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (character & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | character >> 18);
    out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (character & 0x3f));
    return 4;
}

bool
fovea_char_is_space(uint32_t character)
{
    if (character < 0x80) {
        return character == ' ' || (character >= '\t' && character <= '\r');
    }
    return character == 0x85 || character == 0xa0 || character == 0x1680 ||
            (character >= 0x2000 && character <= 0x200a) ||
            character == 0x2028 || character == 0x2029 || character == 0x202f ||
            character == 0x205f || character == 0x3000;
}

bool
fovea_char_is_letter(uint32_t character)
{
    if (character < 0x80) {
        return (character | 0x20) >= 'a' && (character | 0x20) <= 'z';
    }
    utf8proc_category_t kind = category(character);
    if (kind == UTF8PROC_CATEGORY_CN) {
        return is_in(later_letters, FOVEA_ARRAY_LEN(later_letters), character);
    }
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool
fovea_char_is_number(uint32_t character)
{
    if (character < 0x80) {
        return character >= '0' && character <= '9';
    }
    utf8proc_category_t kind = category(character);
    if (kind == UTF8PROC_CATEGORY_CN) {
        return is_in(later_numbers, FOVEA_ARRAY_LEN(later_numbers), character);
    }
    return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

static bool
is_mark(uint32_t character, utf8proc_category_t kind)
{
    if (kind == UTF8PROC_CATEGORY_CN) {
        return is_in(later_marks, FOVEA_ARRAY_LEN(later_marks), character);
    }
    return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
}

/* Alphabetic is letters, letter numbers, and some symbols that enclose a
   letter; what else of it there is are marks. */
bool
fovea_char_is_word(uint32_t character)
{
    utf8proc_category_t kind = category(character);
    return fovea_char_is_letter(character) ||
            (kind == UTF8PROC_CATEGORY_CN && fovea_char_is_number(character)) ||
            is_mark(character, kind) || kind == UTF8PROC_CATEGORY_ND ||
            kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_PC ||
            character == 0x200c || character == 0x200d ||
            (character >= 0x24b6 && character <= 0x24e9) ||
            (character >= 0x1f130 && character <= 0x1f149) ||
            (character >= 0x1f150 && character <= 0x1f169) ||
            (character >= 0x1f170 && character <= 0x1f189);
}

size_t
fovea_char_lower(uint32_t character, uint32_t lower_out[2])
{
    if (character < 0x80) {
        lower_out[0] = character >= 'A' && character <= 'Z' ? character | 0x20
                                                            : character;
        return 1;
    }
    if (character == CAPITAL_I_WITH_DOT) {
        lower_out[0] = 'i';
        lower_out[1] = DOT_ABOVE;
        return 2;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(later_capitals); i++) {
        if (character >= later_capitals[i].first &&
                character <= later_capitals[i].last) {
            lower_out[0] =
                    (uint32_t)((int32_t)character + later_capitals[i].lower);
            return 1;
        }
    }
    lower_out[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)character);
    return 1;
}

bool
fovea_char_is_unnormalised(uint32_t character)
{
    return character >= unnormalised[0].first &&
            is_in(unnormalised, FOVEA_ARRAY_LEN(unnormalised), character);
}

bool
fovea_char_breaks(uint32_t left, uint32_t right, int32_t *state)
{
    return utf8proc_grapheme_break_stateful((utf8proc_int32_t)left,
            (utf8proc_int32_t)right, state);
}
