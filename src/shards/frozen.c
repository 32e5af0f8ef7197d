/* See frozen.h. */
#include "shards/frozen.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

/* What is compared, in the order of messages. */
enum part {
    PART_VERSION,
    PART_WEIGHTS,
    PART_DTYPE,
    PART_PIXELS,
    PART_DIMENSION,
    PART_LIMITS,
    N_PARTS_OF_MODEL, /* those that a node compares, too */
    PART_STORE = N_PARTS_OF_MODEL,
    PART_RAW,
    PART_SIZE,
    PART_INPUTS,
    PART_FILTERS,
    PART_LISTS,
    N_PARTS
};

enum {
    VALUE_SIZE = 80
};

static const struct {
    const char *name; /* in the file */
    const char *what; /* in messages */
    const char *flag; /* that changes it */
    bool is_digest;   /* which says nothing to anybody */
} parts[N_PARTS] = {
    [PART_VERSION] = { "version", "version of fovea", NULL, false },
    [PART_WEIGHTS] = { "weights", "model", "-m", true },
    [PART_DTYPE] = { "dtype", "dtype", "--dtype", false },
    [PART_PIXELS] = { "pixels", "pixels", "--pixels", false },
    [PART_DIMENSION] = { "dimension", "dimension", "-m", false },
    [PART_LIMITS] = { "limits", "limits of images",
            "--damaged, --max-bytes, --max-pixels, --max-side, "
            "--max-image-memory, --max-image-work",
            true },
    [PART_STORE] = { "store", "type of rows", "--store", false },
    [PART_RAW] = { "raw", "lengths of vectors, raw:", "--raw", false },
    [PART_SIZE] = { "shard_size", "shard size", "--shard-size", false },
    [PART_INPUTS] = { "inputs", "inputs", "INPUT, --list", true },
    [PART_FILTERS] = { "filters", "filters", "--include, --exclude", true },
    [PART_LISTS] = { "lists", "names in lists", NULL, true },
};

/* Where a part that is a text stands, and its size; NULL of others. */
static char *
text_of(struct fovea_frozen *frozen, enum part part, size_t *size_out)
{
    static const struct {
        size_t offset;
        size_t size;
    } places[N_PARTS] = {
#define PLACE(member)                        \
    { offsetof(struct fovea_frozen, member), \
        sizeof((struct fovea_frozen *)NULL)->member }
        [PART_VERSION] = PLACE(version),
        [PART_WEIGHTS] = PLACE(weights),
        [PART_DTYPE] = PLACE(dtype),
        [PART_PIXELS] = PLACE(pixels),
        [PART_LIMITS] = PLACE(limits),
        [PART_INPUTS] = PLACE(inputs),
        [PART_FILTERS] = PLACE(filters),
        [PART_LISTS] = PLACE(lists),
#undef PLACE
    };
    *size_out = places[part].size;
    return places[part].size > 0 ? (char *)frozen + places[part].offset : NULL;
}

/* A part in words. */
static void
describe(const struct fovea_frozen *frozen, enum part part,
        char value_out[VALUE_SIZE])
{
    struct fovea_frozen copy = *frozen;
    size_t size = 0;
    const char *text = text_of(&copy, part, &size);
    if (text) {
        (void)snprintf(value_out, VALUE_SIZE, "%s", text);
    } else if (part == PART_DIMENSION) {
        (void)snprintf(value_out, VALUE_SIZE, "%" PRIu32, frozen->dimension);
    } else if (part == PART_SIZE) {
        (void)snprintf(value_out, VALUE_SIZE, "%" PRIu64, frozen->shard_size);
    } else {
        (void)snprintf(value_out, VALUE_SIZE, "%s",
                part == PART_STORE       ? frozen->is_half ? "f16" : "f32"
                        : frozen->is_raw ? "true"
                                         : "false");
    }
}

static void
finish_patterns(struct fovea_patterns *patterns)
{
    for (size_t i = 0; i < patterns->n; i++) {
        free((void *)(uintptr_t)patterns->all[i]);
    }
    free((void *)(uintptr_t)patterns->all);
    *patterns = (struct fovea_patterns){ .n = 0 };
}

void
fovea_frozen_finish(struct fovea_frozen *frozen)
{
    free(frozen->model);
    finish_patterns(&frozen->filter.include);
    finish_patterns(&frozen->filter.exclude);
    *frozen = (struct fovea_frozen){ .model = NULL };
}

/* Room for n patterns; false without memory. */
static bool
begin_patterns(struct fovea_patterns *patterns, size_t n)
{
    *patterns = (struct fovea_patterns){
        .all = calloc(n + 1, sizeof *patterns->all),
    };
    return patterns->all != NULL;
}

/* Add a copy of one, for which there is room. */
static bool
add_pattern(struct fovea_patterns *patterns, const char *pattern)
{
    const char **all = (const char **)(uintptr_t)patterns->all;
    all[patterns->n] = strdup(pattern);
    return all[patterns->n] && ++patterns->n > 0;
}

static bool
copy_patterns(const struct fovea_patterns *from, struct fovea_patterns *to)
{
    bool is_good = begin_patterns(to, from->n);
    for (size_t i = 0; is_good && i < from->n; i++) {
        is_good = add_pattern(to, from->all[i]);
    }
    return is_good;
}

enum fovea_status
fovea_frozen_copy(const struct fovea_frozen *frozen,
        struct fovea_frozen *copy_out, struct fovea_error *err)
{
    *copy_out = *frozen;
    copy_out->model = strdup(frozen->model);
    copy_out->filter = (struct fovea_filter){ .include = { .n = 0 } };
    return copy_out->model &&
                    copy_patterns(&frozen->filter.include,
                            &copy_out->filter.include) &&
                    copy_patterns(&frozen->filter.exclude,
                            &copy_out->filter.exclude)
            ? FOVEA_OK
            : fovea_fail_memory(err, sizeof *frozen, "what is frozen");
}

static enum fovea_status
refuse(const struct fovea_frozen *theirs, const struct fovea_frozen *ours,
        enum part part, enum fovea_status code, const char *place,
        struct fovea_error *err)
{
    char their_value[VALUE_SIZE];
    char our_value[VALUE_SIZE];
    char hint[128] = "";
    describe(theirs, part, their_value);
    describe(ours, part, our_value);
    if (parts[part].flag) {
        (void)snprintf(hint, sizeof hint, " (%s)", parts[part].flag);
    }
    if (part == PART_WEIGHTS) {
        return fovea_fail(err, code,
                "%.80s: made with the weights of %.40s, which are not those of "
                "%.40s here%s",
                place, theirs->model, ours->model, hint);
    }
    if (parts[part].is_digest) {
        return fovea_fail(err, code, "%.80s: made with other %s%s", place,
                parts[part].what, hint);
    }
    return fovea_fail(err, code, "%.80s: made with %s %s, not %s%s", place,
            parts[part].what, their_value, our_value, hint);
}

static enum fovea_status
check(const struct fovea_frozen *theirs, const struct fovea_frozen *ours,
        enum part n_parts, enum fovea_status code, const char *place,
        struct fovea_error *err)
{
    for (enum part part = PART_VERSION; part < n_parts; part++) {
        char their_value[VALUE_SIZE];
        char our_value[VALUE_SIZE];
        describe(theirs, part, their_value);
        describe(ours, part, our_value);
        if (strcmp(their_value, our_value) != 0) {
            return refuse(theirs, ours, part, code, place, err);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_frozen_check_model(const struct fovea_frozen *theirs,
        const struct fovea_frozen *ours, enum fovea_status code,
        const char *place, struct fovea_error *err)
{
    return check(theirs, ours, N_PARTS_OF_MODEL, code, place, err);
}

enum fovea_status
fovea_frozen_check(const struct fovea_frozen *theirs,
        const struct fovea_frozen *ours, const char *place,
        struct fovea_error *err)
{
    return check(theirs, ours, N_PARTS, FOVEA_ERR_SHARDS_DIFFER, place, err);
}

static void
write_patterns(const char *name, const struct fovea_patterns *patterns,
        struct fovea_text *text)
{
    fovea_text_format(text, ",\n\"%s\":[", name);
    for (size_t i = 0; i < patterns->n; i++) {
        fovea_text_format(text, i ? "," : "");
        fovea_text_json_string(text, patterns->all[i]);
    }
    fovea_text_add(text, "]", 1);
}

void
fovea_frozen_write(const struct fovea_frozen *frozen, struct fovea_text *text)
{
    fovea_text_format(text, "\"model\":");
    fovea_text_json_string(text, frozen->model);
    for (enum part part = 0; part < N_PARTS; part++) {
        char value[VALUE_SIZE];
        describe(frozen, part, value);
        bool is_bare =
                part == PART_DIMENSION || part == PART_SIZE || part == PART_RAW;
        fovea_text_format(text, ",\n\"%s\":", parts[part].name);
        if (is_bare) {
            fovea_text_format(text, "%s", value);
        } else {
            fovea_text_json_string(text, value);
        }
    }
    write_patterns("include", &frozen->filter.include, text);
    write_patterns("exclude", &frozen->filter.exclude, text);
}

static bool
read_number(const json_t *object, const char *name, uint64_t most,
        uint64_t *number_out)
{
    const json_t *value = json_object_get(object, name);
    json_int_t number = json_integer_value(value);
    *number_out = (uint64_t)number;
    return json_is_integer(value) && number > 0 && (uint64_t)number <= most;
}

/* A short word of printable ASCII; of a digest 64 digits. */
static bool
read_text(const json_t *object, enum part part, struct fovea_frozen *frozen)
{
    size_t room = 0;
    char *text = text_of(frozen, part, &room);
    const json_t *value = json_object_get(object, parts[part].name);
    const char *word = json_string_value(value);
    size_t size = json_string_length(value);
    if (!word || size == 0 || size >= room ||
            (room == FOVEA_SHA256_SIZE && !fovea_sha256_is_hex(word))) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (word[i] <= ' ' || word[i] > '~') {
            return false;
        }
    }
    memcpy(text, word, size + 1);
    return true;
}

static enum fovea_status
read_patterns(const json_t *object, const char *name,
        struct fovea_patterns *patterns)
{
    const json_t *array = json_object_get(object, name);
    if (!json_is_array(array)) {
        return FOVEA_ERR_SHARDS_DIFFER;
    }
    if (!begin_patterns(patterns, json_array_size(array))) {
        return FOVEA_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *pattern = json_string_value(json_array_get(array, i));
        if (!pattern) {
            return FOVEA_ERR_SHARDS_DIFFER;
        }
        if (!add_pattern(patterns, pattern)) {
            return FOVEA_ERR_NO_MEMORY;
        }
    }
    return FOVEA_OK;
}

/* What is no text of its own; the model's key comes last. */
static bool
read_others(const json_t *object, struct fovea_frozen *frozen)
{
    const json_t *raw = json_object_get(object, parts[PART_RAW].name);
    const char *store =
            json_string_value(json_object_get(object, parts[PART_STORE].name));
    uint64_t dimension = 0;
    if (!json_is_string(json_object_get(object, "model")) ||
            !json_is_boolean(raw) || !store ||
            (strcmp(store, "f16") != 0 && strcmp(store, "f32") != 0) ||
            !read_number(object, parts[PART_DIMENSION].name, 1 << 20,
                    &dimension) ||
            !read_number(object, parts[PART_SIZE].name, FOVEA_MAX_SHARD_SIZE,
                    &frozen->shard_size)) {
        return false;
    }
    frozen->is_raw = json_is_true(raw);
    frozen->is_half = strcmp(store, "f16") == 0;
    frozen->dimension = (uint32_t)dimension;
    return true;
}

enum fovea_status
fovea_frozen_read(const json_t *object, struct fovea_frozen *frozen_out)
{
    *frozen_out = (struct fovea_frozen){ .model = NULL };
    for (enum part part = 0; part < N_PARTS; part++) {
        size_t room = 0;
        if (text_of(frozen_out, part, &room) &&
                !read_text(object, part, frozen_out)) {
            return FOVEA_ERR_SHARDS_DIFFER;
        }
    }
    if (!read_others(object, frozen_out)) {
        return FOVEA_ERR_SHARDS_DIFFER;
    }
    enum fovea_status status =
            read_patterns(object, "include", &frozen_out->filter.include);
    if (!status) {
        status = read_patterns(object, "exclude", &frozen_out->filter.exclude);
    }
    if (status) {
        return status;
    }
    frozen_out->model =
            strdup(json_string_value(json_object_get(object, "model")));
    return frozen_out->model ? FOVEA_OK : FOVEA_ERR_NO_MEMORY;
}
