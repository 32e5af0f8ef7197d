/* See json_guard.h. What is no JSON at all passes: the parser refuses that. */
#include "text/json_guard.h"

static const char half_a_pair[] = "an escape is half of a surrogate pair";

static unsigned
digit_value(uint8_t digit)
{
    return digit <= '9' ? digit - 48U : ((digit | 0x20U) - 'a' + 10) & 15;
}

static const char *
end_escape(struct fovea_json_guard *guard)
{
    bool is_low = guard->value >= 0xdc00 && guard->value <= 0xdfff;
    if (is_low != guard->wants_low) {
        return half_a_pair;
    }
    guard->wants_low = guard->value >= 0xd800 && guard->value <= 0xdbff;
    return NULL;
}

static const char *
look_in_string(struct fovea_json_guard *guard, uint8_t byte)
{
    if (guard->size++ == FOVEA_JSON_MAX_STRING) {
        return "a string is too long";
    }
    if (guard->n_digits > 0) {
        guard->value = guard->value << 4 | digit_value(byte);
        return --guard->n_digits == 0 ? end_escape(guard) : NULL;
    }
    if (guard->is_escape) {
        guard->is_escape = false;
        guard->value = 0;
        guard->n_digits = byte == 'u' ? 4 : 0;
        return byte != 'u' && guard->wants_low ? half_a_pair : NULL;
    }
    guard->is_escape = byte == '\\';
    guard->is_string = byte != '"';
    return !guard->is_escape && guard->wants_low ? half_a_pair : NULL;
}

static const char *
look_outside(struct fovea_json_guard *guard, uint8_t byte)
{
    switch (byte) {
    case '"':
        guard->is_string = true;
        guard->size = 0;
        return NULL;
    case '[':
    case '{':
        guard->size = 0;
        return guard->depth++ == FOVEA_JSON_MAX_DEPTH
                ? "it is nested too deeply"
                : NULL;
    case ']':
    case '}':
        guard->depth -= guard->depth > 0;
        guard->size = 0;
        return NULL;
    case ',':
    case ':':
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        guard->size = 0;
        return NULL;
    default:
        return guard->size++ == FOVEA_JSON_MAX_WORD ? "a number is too long"
                                                    : NULL;
    }
}

const char *
fovea_json_guard(struct fovea_json_guard *guard, const uint8_t *bytes,
        size_t size, size_t *at_out)
{
    for (size_t i = 0; i < size; i++) {
        const char *wrong = guard->is_string ? look_in_string(guard, bytes[i])
                                             : look_outside(guard, bytes[i]);
        if (wrong) {
            *at_out = i;
            return wrong;
        }
    }
    return NULL;
}
