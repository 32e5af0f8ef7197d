/* What all kinds of places have in common: see objects.h. */
#include "objects/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "objects/kind.h"

static const struct fovea_objects_kind *const kinds[] = {
#define X(name) &fovea_objects_##name,
#include "objects/objects.def"
#undef X
};

struct fovea_objects {
    const struct fovea_objects_kind *kind;
    void *state;
    char *place;
    char *name; /* room for the place and a key */
    size_t name_size;
};

static const struct fovea_objects_settings no_settings;

enum fovea_status
fovea_objects_open(const char *place,
        const struct fovea_objects_settings *settings,
        struct fovea_objects **objects_out, struct fovea_error *err)
{
    struct fovea_objects *objects = calloc(1, sizeof *objects);
    if (!objects) {
        return fovea_fail_memory(err, sizeof *objects, "a place of objects");
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds) && !objects->kind; i++) {
        objects->kind = kinds[i]->takes(place) ? kinds[i] : NULL;
    }
    FOVEA_ASSERT(objects->kind);
    objects->place = strdup(place);
    objects->name_size = strlen(place) + FOVEA_OBJECT_MAX_KEY + 2;
    objects->name = malloc(objects->name_size);
    objects->state = calloc(1, objects->kind->state_size);
    enum fovea_status status = objects->place && objects->name && objects->state
            ? objects->kind->open(objects->state, place,
                      settings ? settings : &no_settings, err)
            : fovea_fail_memory(err, objects->name_size, "a place of objects");
    if (status) {
        fovea_objects_close(objects);
        return status;
    }
    *objects_out = objects;
    return FOVEA_OK;
}

void
fovea_objects_close(struct fovea_objects *objects)
{
    if (!objects) {
        return;
    }
    if (objects->state) {
        objects->kind->finish(objects->state);
    }
    free(objects->state);
    free(objects->name);
    free(objects->place);
    free(objects);
}

const char *
fovea_objects_place(const struct fovea_objects *objects)
{
    return objects->place;
}

const char *
fovea_objects_name(struct fovea_objects *objects, const char *key)
{
    size_t size = strlen(objects->place);
    bool has_slash = size > 0 && objects->place[size - 1] == '/';
    (void)snprintf(objects->name, objects->name_size, "%s%s%s", objects->place,
            has_slash ? "" : "/", key);
    return objects->name;
}

static enum fovea_status
check_key(const char *key, struct fovea_error *err)
{
    return fovea_object_key_is_good(key)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "\"%.100s\" is no key of an object", key);
}

enum fovea_status
fovea_objects_draft(struct fovea_objects *objects, const char *key,
        struct fovea_draft *draft_out, struct fovea_error *err)
{
    struct fovea_draft draft = FOVEA_DRAFT_INIT;
    enum fovea_status status = check_key(key, err);
    if (status) {
        return status;
    }
    draft.key = strdup(key);
    status = draft.key ? objects->kind->draft(objects->state, &draft, err)
                       : fovea_fail_memory(err, strlen(key), "a key");
    if (status) {
        fovea_draft_finish(&draft);
        return status;
    }
    *draft_out = draft;
    return FOVEA_OK;
}

enum fovea_status
fovea_objects_put_new(struct fovea_objects *objects, struct fovea_draft *draft,
        bool *was_there_out, struct fovea_error *err)
{
    FOVEA_ASSERT(draft->is_sealed);
    return objects->kind->put(objects->state, draft, NULL, was_there_out, err);
}

enum fovea_status
fovea_objects_replace(struct fovea_objects *objects, struct fovea_draft *draft,
        const char *version, struct fovea_error *err)
{
    FOVEA_ASSERT(draft->is_sealed && version);
    bool unused = false;
    return objects->kind->put(objects->state, draft, version, &unused, err);
}

/* A sealed draft of bytes. */
static enum fovea_status
draft_bytes(struct fovea_objects *objects, const char *key, const void *bytes,
        size_t size, struct fovea_draft *draft, struct fovea_error *err)
{
    enum fovea_status status = fovea_objects_draft(objects, key, draft, err);
    if (!status) {
        status = fovea_draft_write(draft, bytes, size, err);
    }
    return status ? status : fovea_draft_seal(draft, err);
}

enum fovea_status
fovea_objects_put_new_bytes(struct fovea_objects *objects, const char *key,
        const void *bytes, size_t size, bool *was_there_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_draft_finish) struct fovea_draft draft = FOVEA_DRAFT_INIT;
    enum fovea_status status =
            draft_bytes(objects, key, bytes, size, &draft, err);
    return status ? status
                  : fovea_objects_put_new(objects, &draft, was_there_out, err);
}

enum fovea_status
fovea_objects_replace_bytes(struct fovea_objects *objects, const char *key,
        const char *version, const void *bytes, size_t size,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_draft_finish) struct fovea_draft draft = FOVEA_DRAFT_INIT;
    enum fovea_status status =
            draft_bytes(objects, key, bytes, size, &draft, err);
    return status ? status
                  : fovea_objects_replace(objects, &draft, version, err);
}

/* An object that is being read. */
struct reading {
    struct fovea_objects *objects;
    const char *key;
    struct fovea_sha256 hash;
    struct fovea_text *bytes; /* where its bytes are kept, or NULL */
    size_t max_size;          /* of those */
};

static enum fovea_status
take_piece(void *context, const void *bytes, size_t size,
        struct fovea_error *err)
{
    struct reading *reading = context;
    fovea_sha256_add(&reading->hash, bytes, size);
    if (!reading->bytes) {
        return FOVEA_OK;
    }
    if (size > reading->max_size - reading->bytes->size) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.160s: is larger than %zu bytes",
                fovea_objects_name(reading->objects, reading->key),
                reading->max_size);
    }
    fovea_text_add(reading->bytes, bytes, size);
    return fovea_text_failed(reading->bytes)
            ? fovea_fail_memory(err, reading->bytes->capacity, "an object")
            : FOVEA_OK;
}

static enum fovea_status
read_object(struct reading *reading, struct fovea_object_info *info_out,
        struct fovea_error *err)
{
    const struct fovea_objects_kind *kind = reading->objects->kind;
    struct fovea_object_info info = { 0 };
    struct fovea_error error;
    fovea_sha256_begin(&reading->hash);
    enum fovea_status status = kind->read(reading->objects->state, reading->key,
            take_piece, reading, &info, err);
    enum fovea_status ended = fovea_sha256_end(&reading->hash, info.sha256,
            status ? &error : err);
    status = status ? status : ended;
    if (!status && info_out) {
        *info_out = info;
    }
    return status;
}

enum fovea_status
fovea_objects_get(struct fovea_objects *objects, const char *key,
        size_t max_size, struct fovea_text *bytes_out,
        struct fovea_object_info *info_out, struct fovea_error *err)
{
    struct reading reading = {
        .objects = objects,
        .key = key,
        .bytes = bytes_out,
        .max_size = max_size,
    };
    enum fovea_status status = check_key(key, err);
    if (status) {
        return status;
    }
    fovea_text_clear(bytes_out);
    fovea_text_add(bytes_out, "", 0); /* so that an empty one has its NUL */
    return read_object(&reading, info_out, err);
}

enum fovea_status
fovea_objects_stat(struct fovea_objects *objects, const char *key,
        struct fovea_object_info *info_out, struct fovea_error *err)
{
    struct fovea_object_info info = { 0 };
    enum fovea_status status = check_key(key, err);
    if (!status) {
        status = objects->kind->stat(objects->state, key, &info, err);
    }
    if (!status) {
        *info_out = info;
    }
    return status;
}

enum fovea_status
fovea_objects_digest(struct fovea_objects *objects, const char *key,
        struct fovea_object_info *info_out, struct fovea_error *err)
{
    struct reading reading = { .objects = objects, .key = key };
    enum fovea_status status = fovea_objects_stat(objects, key, info_out, err);
    return status || info_out->sha256[0] ? status
                                         : read_object(&reading, info_out, err);
}

enum fovea_status
fovea_objects_list(struct fovea_objects *objects, const char *folder,
        fovea_object_fn *visit, void *context, struct fovea_error *err)
{
    enum fovea_status status = check_key(folder, err);
    return status
            ? status
            : objects->kind->list(objects->state, folder, visit, context, err);
}

enum fovea_status
fovea_objects_remove(struct fovea_objects *objects, const char *key,
        struct fovea_error *err)
{
    enum fovea_status status = check_key(key, err);
    return status ? status : objects->kind->remove(objects->state, key, err);
}
