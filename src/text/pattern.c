/*
 * See pattern.h. There is no engine for regular expressions: those that
 * tokenizers have are few, and each is carried out by itself.
 */
#include "text/pattern.h"

#include <string.h>

#include "base/macros.h"
#include "text/unicode.h"

enum {
    /* Bytes that a literal is looked for in at a time: sanitizers' memmem()
       touches all that it is given, not what it has to read, which would be
       quadratic where the literal is found often. */
    WINDOW = 1024
};

static size_t
find_literal(const struct fovea_text_op *op, const uint8_t *strings,
        const uint8_t *text, size_t size, size_t from)
{
    const uint8_t *literal = strings + op->text_at;
    for (size_t at = from; at < size; at += WINDOW) {
        size_t left = size - at;
        size_t window = WINDOW + op->text_size;
        const uint8_t *found = memmem(text + at, left < window ? left : window,
                literal, op->text_size);
        if (found) {
            return (size_t)(found - text);
        }
    }
    return size;
}

static bool
is_in_set(const struct fovea_text_op *op, uint32_t character)
{
    if (character < 0x80 &&
            (op->ascii[character / 32] >> (character % 32) & 1)) {
        return true;
    }
    return (op->other != 0 && character == op->other) ||
            ((op->flags & FOVEA_OP_SPACES) && fovea_char_is_space(character));
}

static bool
find_set(const struct fovea_text_op *op, const uint8_t *text, size_t size,
        size_t from, struct fovea_span *match_out)
{
    size_t at = from;
    while (at < size) {
        size_t start = at;
        uint32_t n = 0;
        uint32_t character = 0;
        while (at < size) {
            size_t next =
                    at + fovea_char_next(text + at, text + size, &character);
            if (!is_in_set(op, character)) {
                at = n > 0 ? at : next;
                break;
            }
            at = next;
            n++;
            if (!(op->flags & FOVEA_OP_RUN)) {
                break;
            }
        }
        if (n > 0 && n >= op->min_run) {
            *match_out = (struct fovea_span){ (uint32_t)start,
                (uint32_t)(at - start) };
            return true;
        }
    }
    return false;
}

enum character_class {
    CLASS_SPACE,
    CLASS_LETTER,
    CLASS_NUMBER,
    CLASS_OTHER
};

static enum character_class
class_at(const uint8_t *at, const uint8_t *end, size_t *size_out)
{
    uint32_t character = 0;
    *size_out = fovea_char_next(at, end, &character);
    if (fovea_char_is_letter(character)) {
        return CLASS_LETTER;
    }
    if (fovea_char_is_space(character)) {
        return CLASS_SPACE;
    }
    return fovea_char_is_number(character) ? CLASS_NUMBER : CLASS_OTHER;
}

/* Behind the characters from `at` on that are of a class. */
static size_t
skip_class(const uint8_t *text, size_t size, size_t at,
        enum character_class class)
{
    size_t n = 0;
    while (at < size && class_at(text + at, text + size, &n) == class) {
        at += n;
    }
    return at;
}

/* Of one of some strings that stands at `at`, the size; 0: none does. */
static size_t
fixed_size(const char *const *strings, size_t n, const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(strings[i]);
        if (len <= size && memcmp(at, strings[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

static const char *const specials[] = { "<|startoftext|>", "<|endoftext|>" };
static const char *const endings[] = { "'s", "'t", "'re", "'ve", "'m", "'ll",
    "'d" };

/* <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|
   [^\s\p{L}\p{N}]+ */
static bool
find_clip(const struct fovea_text_op *op, const uint8_t *text, size_t size,
        size_t from, struct fovea_span *match_out)
{
    size_t at = skip_class(text, size, from, CLASS_SPACE);
    if (at == size) {
        return false;
    }
    size_t fixed = 0;
    if (text[at] == '<' && op->pattern == FOVEA_PATTERN_CLIP) {
        fixed = fixed_size(specials, FOVEA_ARRAY_LEN(specials), text + at,
                size - at);
    } else if (text[at] == '\'') {
        fixed = fixed_size(endings, FOVEA_ARRAY_LEN(endings), text + at,
                size - at);
    }
    size_t end = at + fixed;
    if (fixed == 0) {
        size_t n = 0;
        enum character_class class = class_at(text + at, text + size, &n);
        end = class == CLASS_NUMBER ? at + n
                                    : skip_class(text, size, at, class);
    }
    *match_out = (struct fovea_span){ (uint32_t)at, (uint32_t)(end - at) };
    return true;
}

/* White space but for its last character, if something stands behind it and
   there is more of it. */
static size_t
end_of_spaces(const uint8_t *text, size_t size, size_t from)
{
    size_t end = skip_class(text, size, from, CLASS_SPACE);
    if (end == size) {
        return end;
    }
    uint32_t last = 0;
    size_t n = fovea_char_before(text + from, text + end, &last);
    return end - n > from ? end - n : end;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+:
   all of a text is a match. */
static bool
find_gpt2(const uint8_t *text, size_t size, size_t from,
        struct fovea_span *match_out)
{
    if (from == size) {
        return false;
    }
    size_t end = from +
            (text[from] == '\'' ? fixed_size(endings, FOVEA_ARRAY_LEN(endings),
                                          text + from, size - from)
                                : 0);
    if (end == from) {
        size_t n = 0;
        size_t at = from + (text[from] == ' ' && from + 1 < size);
        enum character_class class = class_at(text + at, text + size, &n);
        end = class == CLASS_SPACE ? end_of_spaces(text, size, from)
                                   : skip_class(text, size, at, class);
    }
    *match_out = (struct fovea_span){ (uint32_t)from, (uint32_t)(end - from) };
    return true;
}

bool
fovea_pattern_next(const struct fovea_text_op *op, const uint8_t *strings,
        const uint8_t *text, size_t size, size_t from,
        struct fovea_span *match_out)
{
    if (op->pattern == FOVEA_PATTERN_LITERAL) {
        size_t at = from < size ? find_literal(op, strings, text, size, from)
                                : size;
        *match_out = (struct fovea_span){ (uint32_t)at, op->text_size };
        return at < size;
    }
    if (op->pattern == FOVEA_PATTERN_SET) {
        return find_set(op, text, size, from, match_out);
    }
    if (op->pattern == FOVEA_PATTERN_GPT2) {
        return find_gpt2(text, size, from, match_out);
    }
    return find_clip(op, text, size, from, match_out);
}
