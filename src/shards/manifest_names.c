/* See manifest_names.h. */
#include "shards/manifest_names.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "shards/key.h"
#include "shards/names.h"

enum {
    MAX_NAMES_BYTES = 1 << 30
};

/* Whether what is in the way of a file of names is such a file, of somebody who
   began and did not end. */
static enum fovea_status
check_left(struct fovea_objects *objects, const char *key,
        struct fovea_text *left, struct fovea_object_info *info,
        struct fovea_error *err)
{
    enum fovea_status status =
            fovea_objects_get(objects, key, MAX_NAMES_BYTES, left, info, err);
    if (status) {
        return status;
    }
    return fovea_names_are_good(left->data, left->size)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                      "%.160s: is there already and is no list of names of a "
                      "shard; take another -o",
                      fovea_objects_name(objects, key));
}

/* That no manifest tells of what is in the way. */
static enum fovea_status
check_unmade(struct fovea_objects *objects, struct fovea_error *err)
{
    struct fovea_object_info info;
    struct fovea_error error;
    enum fovea_status status =
            fovea_objects_stat(objects, FOVEA_MANIFEST_KEY, &info, &error);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return FOVEA_OK;
    }
    if (status && err) {
        *err = error;
    }
    return status ? status
                  : fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
                            "%.140s: others make shards here at the same time",
                            fovea_objects_name(objects, FOVEA_MANIFEST_KEY));
}

/* A manifest came just before ours took their place, which tells of them: back with
   them, unless who put it has done so. */
static enum fovea_status
put_back(struct fovea_objects *objects, const char *key, const char *ours,
        const struct fovea_text *theirs, struct fovea_error *err)
{
    struct fovea_object_info info = { 0 };
    enum fovea_status status = fovea_objects_digest(objects, key, &info, err);
    if (!status && strcmp(info.sha256, ours) == 0) {
        status = fovea_objects_replace_bytes(objects, key, info.version,
                theirs->data, theirs->size, err);
    }
    return status == FOVEA_ERR_OBJECT_CHANGED ||
                    status == FOVEA_ERR_FILE_NOT_FOUND
            ? FOVEA_OK
            : status;
}

/* What was drafted, in the place of others' names. */
static enum fovea_status
put_over(struct fovea_objects *objects, struct fovea_draft *draft,
        const char *key, bool is_told, struct fovea_error *err)
{
    struct fovea_object_info info = { 0 };
    struct fovea_error error;
    char ours[FOVEA_SHA256_SIZE];
    FOVEA_AUTO(fovea_text_finish) struct fovea_text theirs = { 0 };
    memcpy(ours, draft->sha256, sizeof ours);
    enum fovea_status status = check_left(objects, key, &theirs, &info, err);
    if (!status && !is_told) {
        status = check_unmade(objects, err);
    }
    if (!status) {
        status = fovea_objects_replace(objects, draft, info.version, err);
    }
    if (status || is_told) {
        return status;
    }
    status = check_unmade(objects, err);
    if (status == FOVEA_ERR_OBJECT_CHANGED &&
            put_back(objects, key, ours, &theirs, &error)) {
        return fovea_fail(err, error.code, "%s", error.message);
    }
    return status;
}

enum fovea_status
fovea_manifest_put_names(struct fovea_objects *objects, uint64_t number,
        const struct fovea_text *names, bool is_told,
        char sha256_out[FOVEA_SHA256_SIZE], struct fovea_error *err)
{
    struct fovea_object_info info = { 0 };
    bool was_there = false;
    char key[FOVEA_SHARD_KEY_SIZE];
    FOVEA_AUTO(fovea_draft_finish) struct fovea_draft draft = FOVEA_DRAFT_INIT;
    fovea_shard_key(FOVEA_SHARD_NAMES, number, key);
    enum fovea_status status = fovea_objects_draft(objects, key, &draft, err);
    if (!status) {
        status = fovea_draft_write(&draft, names->data, names->size, err);
    }
    if (!status) {
        status = fovea_draft_seal(&draft, err);
    }
    if (status) {
        return status;
    }
    memcpy(sha256_out, draft.sha256, FOVEA_SHA256_SIZE);
    status = fovea_objects_put_new(objects, &draft, &was_there, err);
    if (!status && was_there) {
        status = fovea_objects_digest(objects, key, &info, err);
    }
    return status || !was_there || strcmp(info.sha256, sha256_out) == 0
            ? status
            : put_over(objects, &draft, key, is_told, err);
}

static enum fovea_status
refuse_object(void *context, const char *name, uint64_t size,
        struct fovea_error *err)
{
    (void)context;
    (void)size;
    return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED, "%.80s", name);
}

enum fovea_status
fovea_manifest_check_empty(struct fovea_objects *objects,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_shard_object i = FOVEA_SHARD_ROWS;
            !status && i < FOVEA_N_SHARD_OBJECTS; i++) {
        struct fovea_error error;
        const char *folder = fovea_shard_folder(i);
        status = fovea_objects_list(objects, folder, refuse_object, NULL,
                &error);
        if (status == FOVEA_ERR_OUTPUT_REFUSED) {
            return fovea_fail(err, status,
                    "%.100s: there is %s already, and no manifest of fovea's; "
                    "take another -o",
                    fovea_objects_name(objects, folder), error.message);
        }
        if (status && err) {
            *err = error;
        }
    }
    return status;
}
