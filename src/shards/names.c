/* See names.h. */
#include "shards/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bulk/input_name.h"
#include "shards/json.h"
#include "shards/manifest.h"

enum {
    MAX_LINE = 1 << 20 /* bytes */
};

void
fovea_shard_name_finish(struct fovea_shard_name *name)
{
    free(name->name);
    *name = (struct fovea_shard_name){ .name = NULL };
}

void
fovea_shard_name_write(const struct fovea_shard_name *name,
        struct fovea_text *text)
{
    fovea_text_add(text, "{", 1);
    fovea_name_json(text, name->is_archive ? "archive" : "input", name->name);
    if (name->found) {
        fovea_text_format(text, ",\"found\":true");
    }
    if (name->is_archive) {
        fovea_text_format(text, ",\"first\":%" PRIu64, name->first);
        if (name->count != FOVEA_SHARD_UNCOUNTED) {
            fovea_text_format(text, ",\"count\":%" PRIu64, name->count);
        }
        fovea_text_format(text,
                ",\"offset\":%" PRIu64 ",\"size\":%" PRIu64 ",\"version\":",
                name->offset, name->size);
        fovea_text_json_string(text, name->version);
    }
    if (name->problem.code) {
        fovea_text_format(text, ",\"problem\":{\"status\":%d,\"message\":",
                (int)name->problem.code);
        fovea_text_json_string(text, name->problem.message);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "}\n", 2);
}

static int
digit_of(char c)
{
    return c >= '0' && c <= '9'    ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                   : -1;
}

/* Whether they are the digits of bytes none of which is NUL. */
static bool
are_digits(const char *digits, size_t size)
{
    bool is_good = size > 0 && size % 2 == 0;
    for (size_t i = 0; is_good && i < size; i += 2) {
        int high = digit_of(digits[i]);
        int low = digit_of(digits[i + 1]);
        is_good = high >= 0 && low >= 0 && high + low > 0;
    }
    return is_good;
}

/* The name's own bytes, by their digits. */
static char *
name_of_digits(const char *digits, size_t size)
{
    char *name = calloc(1, size / 2 + 1);
    for (size_t i = 0; name && i < size; i += 2) {
        name[i / 2] =
                (char)(digit_of(digits[i]) * 16 + digit_of(digits[i + 1]));
    }
    return name;
}

/* The name under a key, or by its digits; FOVEA_ERR_SHARDS_DIFFER: there is none. */
static enum fovea_status
take_name(const json_t *object, const char *key, const char *hex_key,
        char **name_out)
{
    const json_t *name = json_object_get(object, key);
    const json_t *hex = json_object_get(object, hex_key);
    bool is_good = json_is_string(name) &&
            (hex ? json_is_string(hex) &&
                                    are_digits(json_string_value(hex),
                                            json_string_length(hex))
                 : strlen(json_string_value(name)) == json_string_length(name));
    if (!is_good) {
        return FOVEA_ERR_SHARDS_DIFFER;
    }
    *name_out = hex
            ? name_of_digits(json_string_value(hex), json_string_length(hex))
            : strdup(json_string_value(name));
    return *name_out ? FOVEA_OK : FOVEA_ERR_NO_MEMORY;
}

static bool
take_archive(const json_t *object, struct fovea_shard_name *name)
{
    const json_t *count = json_object_get(object, "count");
    name->is_archive = true;
    name->count = FOVEA_SHARD_UNCOUNTED;
    return (!count ||
                   (fovea_json_count(object, "count", &name->count) &&
                           name->count > 0)) &&
            fovea_json_count(object, "first", &name->first) &&
            fovea_json_count(object, "offset", &name->offset) &&
            fovea_json_count(object, "size", &name->size) &&
            fovea_json_text(object, "version", sizeof name->version,
                    name->version);
}

static bool
take_problem(const json_t *object, struct fovea_error *problem)
{
    uint64_t number = 0;
    const json_t *told = json_object_get(object, "problem");
    if (!told) {
        return true;
    }
    if (!fovea_json_count(told, "status", &number) ||
            !fovea_json_text(told, "message", sizeof problem->message,
                    problem->message)) {
        return false;
    }
    problem->code = fovea_marker_status(number);
    return true;
}

static enum fovea_status
take(const json_t *object, struct fovea_shard_name *name)
{
    const json_t *found = json_object_get(object, "found");
    bool is_archive = json_object_get(object, "archive") != NULL;
    name->found = json_is_true(found);
    if ((found && !name->found) ||
            (is_archive && !take_archive(object, name)) ||
            !take_problem(object, &name->problem)) {
        return FOVEA_ERR_SHARDS_DIFFER;
    }
    return is_archive ? take_name(object, "archive", "archive_hex", &name->name)
                      : take_name(object, "input", "input_hex", &name->name);
}

enum fovea_status
fovea_names_read(struct fovea_names_reader *reader, bool *is_end_out,
        struct fovea_shard_name *name_out, struct fovea_error *err)
{
    struct fovea_shard_name name = { .name = NULL };
    *is_end_out = reader->at == reader->end;
    if (*is_end_out) {
        return FOVEA_OK;
    }
    reader->line++;
    const char *newline =
            memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    size_t size = newline ? (size_t)(newline - reader->at) : 0;
    FOVEA_AUTO(json_decref_auto)
    json_t *object = size > 0 && size < MAX_LINE
            ? fovea_json_object(reader->at, size)
            : NULL;
    enum fovea_status status = take(object, &name);
    if (status) {
        fovea_shard_name_finish(&name);
    }
    if (status == FOVEA_ERR_NO_MEMORY) {
        return fovea_fail_memory(err, size, "a name");
    }
    if (status) {
        return fovea_fail(err, status,
                "line %" PRIu64 " of a file of names is damaged", reader->line);
    }
    reader->at = newline + 1;
    *name_out = name;
    return FOVEA_OK;
}

bool
fovea_names_are_good(const char *bytes, size_t size)
{
    struct fovea_names_reader reader = { .at = bytes, .end = bytes + size };
    bool is_end = false;
    while (!is_end) {
        struct fovea_shard_name name;
        if (fovea_names_read(&reader, &is_end, &name, NULL)) {
            return false;
        }
        if (!is_end) {
            fovea_shard_name_finish(&name);
        }
    }
    return size > 0;
}
