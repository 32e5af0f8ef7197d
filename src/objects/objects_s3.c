/*
 * An object store: s3://bucket/prefix. An object's key there is the prefix, a slash
 * and its key.
 *
 * A version is the ETag. Stores are asked to look at a condition, and not believed
 * to do so: an object is looked at before it is put. Where a store ignores the
 * condition, two that put the same key in the same instant may both believe that
 * they were the only one; what fovea puts twice has the same bytes.
 *
 * Bytes on their way stand in a file without a name in $TMPDIR, so that the length
 * and the digest of a request are known.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/macros.h"
#include "objects/kind.h"
#include "s3/s3.h"

_Static_assert((int)FOVEA_OBJECT_VERSION_SIZE >= (int)FOVEA_ETAG_VALUE_SIZE,
        "an ETag is a version");

struct store {
    struct fovea_s3 *s3;
    struct fovea_s3_name prefix; /* without a slash at its end */
};

static bool
takes(const char *place)
{
    return fovea_s3_is_url(place);
}

static void
finish(void *state)
{
    struct store *store = state;
    fovea_s3_destroy(store->s3);
}

static enum fovea_status
open_store(void *state, const char *place,
        const struct fovea_objects_settings *settings, struct fovea_error *err)
{
    struct store *store = state;
    struct fovea_s3_settings s3 = {
        .stop = settings->is_cancelled,
        .context = settings->context,
    };
    enum fovea_status status = fovea_s3_url_parse(place, &store->prefix, err);
    if (status) {
        return status;
    }
    size_t size = strlen(store->prefix.key);
    while (size > 0 && store->prefix.key[size - 1] == '/') {
        store->prefix.key[--size] = '\0';
    }
    if (size > FOVEA_MAX_KEY_BYTES - FOVEA_OBJECT_MAX_KEY - 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.100s...: no room is left for keys behind a prefix of %zu "
                "bytes",
                place, size);
    }
    if (settings->s3) {
        s3.s3 = *settings->s3;
    }
    if (settings->url) {
        s3.url = *settings->url;
    }
    return fovea_s3_create(&s3, &store->s3, err);
}

/* "" is the folder of all. */
static struct fovea_s3_name
name_of(const struct store *store, const char *key)
{
    struct fovea_s3_name name = store->prefix;
    size_t size = strlen(name.key);
    (void)snprintf(name.key + size, sizeof name.key - size, "%s%s",
            size ? "/" : "", key);
    return name;
}

static enum fovea_status
draft(void *state, struct fovea_draft *draft, struct fovea_error *err)
{
    /* Whoever changes the environment does so before there are threads.
       NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *folder = getenv("TMPDIR");
    uint64_t number = 0;
    FOVEA_AUTO_FREE char *path = NULL;
    (void)state;
    folder = folder && *folder ? folder : "/tmp";
    /* Nobody can have put something there that stands in the way. */
    FOVEA_ASSERT(getrandom(&number, sizeof number, 0) == sizeof number);
    if (asprintf(&path, "%s/fovea-%016" PRIx64, folder, number) < 0) {
        path = NULL;
        return fovea_fail_memory(err, strlen(folder), "a path");
    }
    return fovea_atomic_file_open(path, &draft->file, err);
}

/* Look at an object; none is no failure. */
static enum fovea_status
look(const struct store *store, const struct fovea_s3_name *name,
        bool *is_there_out, struct fovea_s3_object *object_out,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_s3_head(store->s3, name, object_out, err);
    *is_there_out = status == FOVEA_OK;
    return status == FOVEA_ERR_FILE_NOT_FOUND ? FOVEA_OK : status;
}

static enum fovea_status
write_draft(const struct store *store, const struct fovea_s3_name *name,
        const struct fovea_draft *draft, const char *version, bool *done_out,
        struct fovea_error *err)
{
    const struct fovea_input body = {
        .fd = draft->file.fd,
        .borrows_fd = true,
        .size = draft->size,
    };
    const struct fovea_s3_write write = {
        .body = &body,
        .sha256 = draft->sha256,
        .condition = version ? FOVEA_S3_IF_SAME : FOVEA_S3_IF_NEW,
        .etag = version,
    };
    return fovea_s3_put(store->s3, name, &write, done_out, NULL, err);
}

static enum fovea_status
changed(const struct store *store, const char *key, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
            "s3://%s/.../%.100s: is not the object that it was, and is kept",
            store->prefix.bucket, key);
}

static enum fovea_status
put_new(const struct store *store, const struct fovea_draft *draft,
        bool *was_there_out, struct fovea_error *err)
{
    const struct fovea_s3_name name = name_of(store, draft->key);
    struct fovea_s3_object object;
    bool is_there = false;
    bool done = false;
    enum fovea_status status = look(store, &name, &is_there, &object, err);
    if (!status && !is_there) {
        status = write_draft(store, &name, draft, NULL, &done, err);
    }
    if (!status) {
        *was_there_out = !done;
    }
    return status;
}

static enum fovea_status
replace(const struct store *store, const struct fovea_draft *draft,
        const char *version, struct fovea_error *err)
{
    const struct fovea_s3_name name = name_of(store, draft->key);
    struct fovea_s3_object object;
    bool is_there = false;
    bool done = false;
    enum fovea_status status = look(store, &name, &is_there, &object, err);
    if (!status && (!is_there || strcmp(object.etag, version) != 0)) {
        return changed(store, draft->key, err);
    }
    if (!status) {
        status = write_draft(store, &name, draft, version, &done, err);
    }
    if (status || done) {
        return status;
    }
    /* An answer that was lost: then it is these very bytes that stand there. */
    status = look(store, &name, &is_there, &object, err);
    if (!status && (!is_there || strcmp(object.sha256, draft->sha256) != 0)) {
        return changed(store, draft->key, err);
    }
    return status;
}

static enum fovea_status
put(void *state, struct fovea_draft *draft, const char *version,
        bool *was_there_out, struct fovea_error *err)
{
    return version ? replace(state, draft, version, err)
                   : put_new(state, draft, was_there_out, err);
}

static void
describe(const struct fovea_s3_object *object,
        struct fovea_object_info *info_out)
{
    *info_out = (struct fovea_object_info){ .size = object->size };
    memcpy(info_out->version, object->etag, sizeof object->etag);
    memcpy(info_out->sha256, object->sha256, sizeof object->sha256);
}

struct reading {
    fovea_object_piece_fn *take;
    void *context;
};

static bool
receive(void *context, const void *bytes, size_t n, struct fovea_error *err)
{
    const struct reading *reading = context;
    return !reading->take(reading->context, bytes, n, err);
}

static enum fovea_status
read_object(void *state, const char *key, fovea_object_piece_fn *take,
        void *context, struct fovea_object_info *info_out,
        struct fovea_error *err)
{
    const struct store *store = state;
    const struct fovea_s3_name name = name_of(store, key);
    struct reading reading = { take, context };
    struct fovea_s3_object object;
    enum fovea_status status = fovea_s3_get(store->s3, &name, NULL, receive,
            &reading, &object, err);
    if (!status) {
        describe(&object, info_out);
        /* What counts is what the bytes say that were read. */
        info_out->sha256[0] = '\0';
    }
    return status;
}

static enum fovea_status
stat_object(void *state, const char *key, struct fovea_object_info *info_out,
        struct fovea_error *err)
{
    const struct store *store = state;
    const struct fovea_s3_name name = name_of(store, key);
    struct fovea_s3_object object;
    enum fovea_status status = fovea_s3_head(store->s3, &name, &object, err);
    if (!status) {
        describe(&object, info_out);
    }
    return status;
}

static enum fovea_status
list(void *state, const char *folder, fovea_object_fn *visit, void *context,
        struct fovea_error *err)
{
    const struct store *store = state;
    struct fovea_s3_name prefix = name_of(store, folder);
    struct fovea_s3_listing *listing = NULL;
    size_t size = strlen(prefix.key);
    (void)snprintf(prefix.key + size, sizeof prefix.key - size, "/");
    enum fovea_status status =
            fovea_s3_list(store->s3, &prefix, NULL, &listing, err);
    while (!status) {
        const struct fovea_s3_listed *listed = NULL;
        status = fovea_s3_list_next(listing, &listed, err);
        if (status || !listed) {
            break;
        }
        const char *name = listed->key + size + 1;
        if (fovea_object_key_is_good(name) && !strchr(name, '/')) {
            status = visit(context, name, listed->size, err);
        }
    }
    fovea_s3_list_end(listing);
    return status;
}

static enum fovea_status
remove_object(void *state, const char *key, struct fovea_error *err)
{
    const struct store *store = state;
    const struct fovea_s3_name name = name_of(store, key);
    return fovea_s3_delete(store->s3, &name, err);
}

const struct fovea_objects_kind fovea_objects_s3 = {
    .takes = takes,
    .state_size = sizeof(struct store),
    .open = open_store,
    .finish = finish,
    .draft = draft,
    .put = put,
    .read = read_object,
    .stat = stat_object,
    .list = list,
    .remove = remove_object,
};
