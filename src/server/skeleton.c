/*
 * A JSON text without its long strings: see skeleton.h.
 *
 * One pass over the body knows strings, words and brackets, and that the whole
 * is one object; everything else of the grammar is jansson's. It checks all of
 * what jansson would check inside of strings and between tokens, so that those
 * errors carry their place in the body. What jansson finds is a place in the
 * skeleton, and is translated.
 *
 * Jansson keeps the token that it reads in one buffer, and drops a character
 * where that buffer cannot grow: a name would silently become another one. So
 * the text that it gets is ["xxx...",<skeleton>], whose first string is longer
 * than any token behind it: if that one comes out whole, the buffer never has
 * to grow again. (The checkpoint's JSON is read the same way.)
 */
#include "server/skeleton.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "base/size.h"
#include "base/text.h"
#include "server/json_string.h"

enum {
    NAME_SIZE = 32,
    NUMBER_SIZE = 24, /* of "@<number>" */
    FRAME = 4,        /* what stands around the first string: [ and "", */
    FIRST_STRINGS = 16
};

static const char tag_of_short = '.';
static const char tag_of_long = '@';

/* The pass over the body. */
struct pass {
    char *body;
    size_t size;
    size_t at;    /* the next byte */
    size_t begin; /* of what is not copied to the skeleton yet */
    size_t depth;
    size_t n_parts;
    size_t pad; /* length of the first string */
    struct fovea_skeleton_limits limits;
    struct fovea_text text; /* what jansson gets */
    struct fovea_skeleton skeleton;
    struct fovea_error *err;
};

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void
skip_blanks(struct pass *pass)
{
    while (pass->at < pass->size && is_blank(pass->body[pass->at])) {
        pass->at++;
    }
}

/* Bytes of numbers, and of true, false and null. */
static bool
is_of_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
            (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '+' ||
            byte == '.';
}

static enum fovea_status
fail_byte(const struct pass *pass, const char *what)
{
    char byte = pass->body[pass->at];
    if (byte > ' ' && byte <= '~') {
        return fovea_json_fail(pass->err, pass->at, "%s '%c'", what, byte);
    }
    return fovea_json_fail(pass->err, pass->at, "%s 0x%02x", what,
            (unsigned)(uint8_t)byte);
}

static enum fovea_status
count_part(struct pass *pass)
{
    if (pass->n_parts == pass->limits.max_parts) {
        return fovea_fail(pass->err, FOVEA_ERR_TOO_MANY_ITEMS,
                "the body has more than %zu values and names",
                pass->limits.max_parts);
    }
    pass->n_parts++;
    return FOVEA_OK;
}

/* Copy what was passed and is not in the skeleton yet. */
static enum fovea_status
flush(struct pass *pass)
{
    size_t size = pass->at - pass->begin;
    uint64_t room = fovea_bytes_left(pass->limits.max_size,
            fovea_bytes_left(pass->text.size, pass->pad + FRAME));
    if (size > room) {
        return fovea_fail(pass->err, FOVEA_ERR_BODY_TOO_LARGE,
                "the body has more than %zu bytes besides strings of more than "
                "%zu",
                pass->limits.max_size, pass->limits.long_size);
    }
    fovea_text_add(&pass->text, pass->body + pass->begin, size);
    pass->begin = pass->at;
    return FOVEA_OK;
}

static enum fovea_status
add_long(struct pass *pass, size_t size, size_t raw_size)
{
    struct fovea_skeleton *skeleton = &pass->skeleton;
    if (skeleton->n_strings == pass->limits.max_long) {
        return fovea_fail(pass->err, FOVEA_ERR_TOO_MANY_ITEMS,
                "the body has more than %zu strings of more than %zu bytes",
                pass->limits.max_long, pass->limits.long_size);
    }
    if (skeleton->n_strings == skeleton->capacity) {
        size_t capacity =
                skeleton->capacity ? 2 * skeleton->capacity : FIRST_STRINGS;
        size_t bytes = capacity * sizeof *skeleton->strings;
        struct fovea_long_string *strings = realloc(skeleton->strings, bytes);
        if (!strings) {
            return fovea_fail_memory(pass->err, bytes, "the strings' places");
        }
        skeleton->strings = strings;
        skeleton->capacity = capacity;
    }
    skeleton->strings[skeleton->n_strings++] = (struct fovea_long_string){
        .data = pass->body + pass->begin,
        .size = size,
        .raw_size = raw_size,
    };
    return FOVEA_OK;
}

/* A long string, from pass->begin to the closing quote at pass->at. */
static enum fovea_status
cut(struct pass *pass, bool has_escapes)
{
    char *text = pass->body + pass->begin;
    size_t raw_size = pass->at - pass->begin;
    size_t size =
            has_escapes ? fovea_json_string_unescape(text, raw_size) : raw_size;
    text[size] = '\0';
    enum fovea_status status = add_long(pass, size, raw_size);
    if (status) {
        return status;
    }
    fovea_text_format(&pass->text, "%c%zu\"", tag_of_long,
            pass->skeleton.n_strings - 1);
    size_t begin = pass->begin;
    pass->begin = ++pass->at;
    skip_blanks(pass);
    if (pass->at < pass->size && pass->body[pass->at] == ':') {
        /* Jansson compares names, and would not see two of these as equal. */
        return fovea_json_fail(pass->err, begin,
                "a name of more than %zu bytes", pass->limits.long_size);
    }
    return FOVEA_OK;
}

static enum fovea_status
pass_string(struct pass *pass)
{
    size_t end = 0;
    bool has_escapes = false;
    pass->at++;
    enum fovea_status status = fovea_json_string_scan(pass->body, pass->size,
            pass->at, &end, &has_escapes, pass->err);
    if (!status) {
        status = flush(pass);
    }
    if (status) {
        return status;
    }
    pass->at = end;
    if (end - pass->begin > pass->limits.long_size) {
        return cut(pass, has_escapes);
    }
    fovea_text_add(&pass->text, &tag_of_short, 1);
    pass->at++;
    return flush(pass);
}

static enum fovea_status
pass_word(struct pass *pass)
{
    size_t begin = pass->at;
    while (pass->at < pass->size && is_of_word(pass->body[pass->at])) {
        pass->at++;
    }
    if (pass->at - begin > pass->limits.long_size) {
        return fovea_json_fail(pass->err, begin,
                "a number of more than %zu characters", pass->limits.long_size);
    }
    return FOVEA_OK;
}

static enum fovea_status
pass_open(struct pass *pass)
{
    if (pass->depth == FOVEA_SKELETON_DEPTH) {
        return fovea_json_fail(pass->err, pass->at,
                "lists and objects are nested more than %d deep",
                (int)FOVEA_SKELETON_DEPTH);
    }
    pass->depth++;
    pass->at++;
    return FOVEA_OK;
}

/* The token at pass->at, where there is one. */
static enum fovea_status
pass_token(struct pass *pass)
{
    char byte = pass->body[pass->at];
    if (byte == ',' || byte == ':') {
        pass->at++;
        return FOVEA_OK;
    }
    if (byte == ']' || byte == '}') {
        pass->depth--;
        pass->at++;
        return FOVEA_OK;
    }
    enum fovea_status status = count_part(pass);
    if (status) {
        return status;
    }
    if (byte == '"') {
        return pass_string(pass);
    }
    if (byte == '[' || byte == '{') {
        return pass_open(pass);
    }
    return is_of_word(byte) ? pass_word(pass)
                            : fail_byte(pass, "unexpected character");
}

/* The one object that a body is. Because it begins and ends here, jansson
 * cannot take a bracket of the body for one that was put around it. */
static enum fovea_status
pass_object(struct pass *pass)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (pass->size >= 3 && memcmp(pass->body, mark, 3) == 0) {
        return fovea_json_fail(pass->err, 0,
                "a byte order mark: JSON is sent without one");
    }
    skip_blanks(pass);
    if (pass->at == pass->size) {
        return fovea_json_fail(pass->err, 0, "the body is empty");
    }
    if (pass->body[pass->at] != '{') {
        return fail_byte(pass, "the body must be an object, not begin with");
    }
    do {
        enum fovea_status status = pass_token(pass);
        if (status) {
            return status;
        }
        skip_blanks(pass);
    } while (pass->depth > 0 && pass->at < pass->size);
    if (pass->depth > 0) {
        return fovea_json_fail(pass->err, pass->size,
                "the body ends before its object does");
    }
    if (pass->at < pass->size) {
        return fail_byte(pass, "behind the object comes");
    }
    return flush(pass);
}

static enum fovea_status
build(struct pass *pass)
{
    fovea_text_add(&pass->text, "[\"", 2);
    for (size_t i = 0; i < pass->pad; i++) {
        fovea_text_add(&pass->text, "x", 1);
    }
    fovea_text_add(&pass->text, "\",", 2);
    enum fovea_status status = pass_object(pass);
    if (status) {
        return status;
    }
    fovea_text_add(&pass->text, "]", 1);
    return fovea_text_failed(&pass->text)
            ? fovea_fail_memory(pass->err, pass->text.size,
                      "the request's skeleton")
            : FOVEA_OK;
}

/* The place in the body of a place in the skeleton, by walking both: a tag is
 * one byte more than there is in the body, a long string many less. */
static size_t
body_offset(const struct pass *pass, size_t offset)
{
    const char *text = pass->text.data;
    size_t n_long = 0;
    size_t place = 0;
    size_t at = pass->pad + FRAME;
    while (at < offset && at < pass->text.size) {
        if (text[at] != '"') {
            at++;
            place++;
            continue;
        }
        size_t begin = at++;
        bool is_long = text[at] == tag_of_long;
        while (text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        at++;
        place += is_long ? pass->skeleton.strings[n_long].raw_size + 2
                         : at - begin - 1;
        n_long += is_long;
    }
    return place < pass->size ? place : pass->size;
}

/* All strings have passed our own check. If jansson cannot read one where one
 * may stand, it had no memory for it; where it says nothing, for another
 * thing. */
static bool
is_out_of_memory(const struct pass *pass, const json_error_t *problem)
{
    static const char *const texts[] = { "invalid token",
        "string or '}' expected" };
    size_t end = problem->position > 0 ? (size_t)problem->position : 1;
    bool is_string = end <= pass->text.size && pass->text.data[end - 1] == '"';
    for (size_t i = 0; is_string && i < FOVEA_ARRAY_LEN(texts); i++) {
        if (strncmp(problem->text, texts[i], strlen(texts[i])) == 0) {
            return true;
        }
    }
    return json_error_code(problem) == json_error_out_of_memory ||
            !problem->text[0];
}

static enum fovea_status
fail_parse(const struct pass *pass, json_error_t *problem)
{
    if (is_out_of_memory(pass, problem)) {
        return fovea_fail_memory(pass->err, pass->text.size,
                "the request's tree");
    }
    /* What it stands near to is shown with our tags. */
    char *near = strstr(problem->text, " near '");
    if (near) {
        *near = '\0';
    }
    size_t place = problem->position < 0 ? 0 : (size_t)problem->position;
    return fovea_fail(pass->err, FOVEA_ERR_JSON,
            "not valid JSON near byte %zu: %s", body_offset(pass, place),
            problem->text);
}

static enum fovea_status
parse(struct pass *pass)
{
    json_error_t problem;
    json_t *array = json_loadb(pass->text.data, pass->text.size,
            JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &problem);
    if (!array) {
        return fail_parse(pass, &problem);
    }
    enum fovea_status status = FOVEA_OK;
    if (json_string_length(json_array_get(array, 0)) != pass->pad) {
        status = fovea_fail_memory(pass->err, pass->pad, "the parser");
    } else {
        pass->skeleton.tree = json_incref(json_array_get(array, 1));
    }
    json_decref(array);
    return status;
}

enum fovea_status
fovea_skeleton_parse(char *body, size_t size,
        const struct fovea_skeleton_limits *limits,
        struct fovea_skeleton *skeleton_out, struct fovea_error *err)
{
    struct pass pass = {
        .body = body,
        .size = size,
        .pad = limits->long_size + NUMBER_SIZE,
        .limits = *limits,
        .err = err,
    };
    enum fovea_status status = build(&pass);
    if (!status) {
        status = parse(&pass);
    }
    fovea_text_finish(&pass.text);
    if (status) {
        fovea_skeleton_finish(&pass.skeleton);
        return status;
    }
    *skeleton_out = pass.skeleton;
    return FOVEA_OK;
}

void
fovea_skeleton_finish(struct fovea_skeleton *skeleton)
{
    json_decref(skeleton->tree);
    free(skeleton->strings);
    *skeleton = (struct fovea_skeleton){ 0 };
}

static json_t *
field_of(const json_t *object, const char *name)
{
    char tagged[NAME_SIZE];
    int size = snprintf(tagged, sizeof tagged, "%c%s", tag_of_short, name);
    FOVEA_ASSERT(size > 0 && (size_t)size < sizeof tagged);
    json_t *value = json_object_get(object, tagged);
    return json_is_null(value) ? NULL : value;
}

const json_t *
fovea_skeleton_field(const json_t *object, const char *name)
{
    return field_of(object, name);
}

const char *
fovea_skeleton_unknown(const struct fovea_skeleton *skeleton, const char *of,
        bool (*is_known)(const char *name))
{
    json_t *object = of ? field_of(skeleton->tree, of) : skeleton->tree;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (!json_is_null(value) && !is_known(name + 1)) {
            return name + 1;
        }
    }
    return NULL;
}

const char *
fovea_skeleton_string(const struct fovea_skeleton *skeleton,
        const json_t *string, size_t *size_out)
{
    const char *tagged = json_string_value(string);
    FOVEA_ASSERT(tagged && tagged[0]);
    if (tagged[0] == tag_of_short) {
        *size_out = json_string_length(string) - 1;
        return tagged + 1;
    }
    uint64_t number = 0;
    FOVEA_ASSERT(fovea_number_parse(tagged + 1, &number) &&
            number < skeleton->n_strings);
    *size_out = skeleton->strings[number].size;
    return skeleton->strings[number].data;
}

const char *
fovea_skeleton_kind(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
    default:
        return "null";
    }
}
