/* See read_pattern.h. */
#include "text/read_pattern.h"

#include <string.h>

#include "spec/field.h"
#include "text/unicode.h"

#define CLIP_WORDS \
    "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"
static const char clip_words[] = CLIP_WORDS;
static const char clip[] = "<\\|startoftext\\|>|<\\|endoftext\\|>|" CLIP_WORDS;

/* A regular expression as it is read. */
struct scan {
    const uint8_t *at;
    const uint8_t *end;
};

static void
add_to_set(struct fovea_text_op *op, uint32_t character)
{
    op->ascii[character / 32] |= 1U << (character % 32);
}

/* The character behind a backslash: itself, where it is no letter or digit; 0
   if it is something else. */
static uint32_t
escaped(uint8_t byte)
{
    static const char letters[] = "tnrfv";
    static const char meant[] = "\t\n\r\f\v";
    const char *found = byte ? strchr(letters, byte) : NULL;
    if (found) {
        return (uint32_t)(uint8_t)meant[found - letters];
    }
    bool is_sign = byte > ' ' && byte < 0x7f && !fovea_char_is_letter(byte) &&
            !fovea_char_is_number(byte);
    return is_sign ? byte : 0;
}

/* One character of a set or outside of one, escapes resolved; 0: none that is
   understood. \s is not looked for here. */
static uint32_t
scan_character(struct scan *scan, const char *operators)
{
    if (scan->at == scan->end) {
        return 0;
    }
    if (*scan->at == '\\') {
        scan->at++;
        return scan->at < scan->end ? escaped(*scan->at++) : 0;
    }
    if (*scan->at == 0 || (*scan->at < 0x80 && strchr(operators, *scan->at))) {
        return 0;
    }
    uint32_t character = 0;
    scan->at += fovea_char_next(scan->at, scan->end, &character);
    return character;
}

static bool
scan_space(struct scan *scan)
{
    if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 's') {
        return false;
    }
    scan->at += 2;
    return true;
}

/* Behind the opening bracket, through the closing one. */
static bool
scan_set(struct scan *scan, struct fovea_text_op *op)
{
    if (scan->at < scan->end && (*scan->at == '^' || *scan->at == ']')) {
        return false;
    }
    while (scan->at < scan->end && *scan->at != ']') {
        if (scan_space(scan)) {
            op->flags |= FOVEA_OP_SPACES;
            continue;
        }
        if (scan->end - scan->at > 1 && scan->at[0] == '&' &&
                scan->at[1] == '&') {
            return false;
        }
        uint32_t first = scan_character(scan, "[");
        uint32_t last = first;
        if (scan->end - scan->at > 1 && scan->at[0] == '-' &&
                scan->at[1] != ']') {
            scan->at++;
            last = scan_character(scan, "[");
        }
        if (first == 0 || last < first || last >= 0x80) {
            return false;
        }
        for (uint32_t c = first; c <= last; c++) {
            add_to_set(op, c);
        }
    }
    return scan->at++ < scan->end;
}

/* Nothing, + or {n,} at the end of an expression. */
static bool
scan_repeat(struct scan *scan, struct fovea_text_op *op)
{
    op->min_run = 1;
    if (scan->at == scan->end) {
        return true;
    }
    op->flags |= FOVEA_OP_RUN;
    if (scan->end - scan->at == 1) {
        return *scan->at == '+';
    }
    /* {n,} of one digit */
    bool is_range = scan->end - scan->at == 4 && scan->at[0] == '{' &&
            scan->at[1] >= '1' && scan->at[1] <= '9' && scan->at[2] == ',' &&
            scan->at[3] == '}';
    op->min_run = is_range ? scan->at[1] - (uint32_t)'0' : 1;
    return is_range;
}

/* One character or set, repeated or not. */
static bool
read_set(const uint8_t *text, size_t size, struct fovea_text_op *op)
{
    struct scan scan = { text, text + size };
    struct fovea_text_op read = *op;
    read.pattern = FOVEA_PATTERN_SET;
    if (scan_space(&scan)) {
        read.flags |= FOVEA_OP_SPACES;
    } else if (scan.at < scan.end && *scan.at == '[') {
        scan.at++;
        if (!scan_set(&scan, &read)) {
            return false;
        }
    } else {
        uint32_t character = scan_character(&scan, ".^$*+?()[]{}|\\");
        if (character == 0) {
            return false;
        }
        if (character < 0x80) {
            add_to_set(&read, character);
        } else {
            read.other = character;
        }
    }
    if (!scan_repeat(&scan, &read)) {
        return false;
    }
    *op = read;
    return true;
}

/* A text without operators. Its bytes, escapes resolved; false if it has some. */
static bool
read_plain(const uint8_t *text, size_t size, uint8_t *bytes, size_t *size_out)
{
    struct scan scan = { text, text + size };
    size_t n = 0;
    while (scan.at < scan.end) {
        uint32_t character = scan_character(&scan, ".^$*+?()[]{}|\\");
        if (character == 0) {
            return false;
        }
        n += fovea_char_put(character, bytes + n);
    }
    *size_out = n;
    return n > 0;
}

static bool
is_same(const char *text, size_t size, const char *other)
{
    return size == strlen(other) && memcmp(text, other, size) == 0;
}

static enum fovea_status
keep_literal(struct fovea_draft *draft, const void *bytes, size_t size,
        struct fovea_text_op *op, struct fovea_error *err)
{
    op->pattern = FOVEA_PATTERN_LITERAL;
    op->text_size = (uint32_t)size;
    return fovea_draft_keep(draft, bytes, size, &op->text_at, err);
}

static enum fovea_status
read_regex(struct fovea_draft *draft, const char *where, const json_t *regex,
        struct fovea_text_op *op, struct fovea_error *err)
{
    const char *text = json_string_value(regex);
    size_t size = json_string_length(regex);
    uint8_t plain[FOVEA_MAX_WALKED_BYTES + 4];
    size_t n = 0;
    if (is_same(text, size, clip)) {
        op->pattern = FOVEA_PATTERN_CLIP;
        return FOVEA_OK;
    }
    if (is_same(text, size, clip_words)) {
        op->pattern = FOVEA_PATTERN_CLIP_WORDS;
        return FOVEA_OK;
    }
    if (read_set((const uint8_t *)text, size, op)) {
        return FOVEA_OK;
    }
    if (size <= FOVEA_MAX_WALKED_BYTES &&
            read_plain((const uint8_t *)text, size, plain, &n)) {
        return keep_literal(draft, plain, n, op, err);
    }
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
            "%s: the regular expression \"%s\" is not understood", where,
            fovea_show(text).text);
}

enum fovea_status
fovea_read_pattern(struct fovea_draft *draft, const char *where,
        const json_t *pattern, struct fovea_text_op *op,
        struct fovea_error *err)
{
    const json_t *string = json_object_get(pattern, "String");
    const json_t *regex = json_object_get(pattern, "Regex");
    if (json_is_string(string) && json_string_length(string) > 0 &&
            json_string_length(string) <= FOVEA_MAX_WALKED_BYTES && !regex) {
        return keep_literal(draft, json_string_value(string),
                json_string_length(string), op, err);
    }
    if (json_is_string(regex) && !string) {
        return read_regex(draft, where, regex, op, err);
    }
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
            "%s: its pattern is neither {\"String\": text} nor {\"Regex\": "
            "text}",
            where);
}
