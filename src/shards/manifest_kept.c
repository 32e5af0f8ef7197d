/* See manifest_kept.h. */
#include "shards/manifest_kept.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "shards/key.h"
#include "shards/manifest_names.h"
#include "sys/input.h"

enum {
    SETTLE_TRIES = 8 /* who is late puts back what he finds replaced */
};

static enum fovea_status
grow(struct fovea_manifest_kept *kept, struct fovea_error *err)
{
    uint64_t room = kept->room ? 2 * kept->room : 16;
    uint64_t *more = reallocarray(kept->ends, room, sizeof *more);
    if (!more) {
        return fovea_fail_memory(err, room * sizeof *more, "shards");
    }
    kept->ends = more;
    kept->room = room;
    return FOVEA_OK;
}

static uint64_t
end_of(const struct fovea_manifest_kept *kept, uint64_t n)
{
    return n > 0 ? kept->ends[n - 1] : 0;
}

enum fovea_status
fovea_manifest_keep(struct fovea_manifest_kept *kept,
        struct fovea_objects *objects, const struct fovea_text *names,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    if (!kept->draft.key) {
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(FOVEA_SHARD_NAMES, 0, key);
        status = fovea_objects_draft(objects, key, &kept->draft, err);
    }
    if (!status && kept->n == kept->room) {
        status = grow(kept, err);
    }
    if (!status) {
        status = fovea_draft_write(&kept->draft, names->data, names->size, err);
    }
    if (!status) {
        kept->ends[kept->n] = end_of(kept, kept->n) + names->size;
        kept->n++;
    }
    return status;
}

/* The names of a shard once more, in the place of what is there. */
static enum fovea_status
put_again(const struct fovea_manifest_kept *kept, struct fovea_objects *objects,
        const struct fovea_manifest_shard *shard, uint64_t number,
        struct fovea_error *err)
{
    char sha256[FOVEA_SHA256_SIZE];
    const uint8_t *bytes = NULL;
    size_t size = 0;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text names = { 0 };
    const struct fovea_input all = {
        .fd = kept->draft.file.fd,
        .borrows_fd = true,
        .size = end_of(kept, kept->n),
    };
    struct fovea_input own;
    uint64_t begin = end_of(kept, number);
    fovea_input_window(&all, begin, end_of(kept, number + 1) - begin, &own);
    enum fovea_status status = fovea_input_load(&own, &bytes, &size, err);
    if (!status) {
        fovea_text_add(&names, (const char *)bytes, size);
    }
    fovea_input_finish(&own);
    if (!status && fovea_text_failed(&names)) {
        return fovea_fail_memory(err, size, "names");
    }
    if (!status) {
        status = fovea_manifest_put_names(objects, number, &names, true, sha256,
                err);
    }
    return status || strcmp(sha256, shard->names) == 0
            ? status
            : fovea_fail(err, FOVEA_ERR_IO,
                      "%.140s: the names of shard %" PRIu64
                      " were kept, and are not what they were",
                      fovea_objects_place(objects), number);
}

/* Look at all files once; whether others' were among them. */
static enum fovea_status
settle_once(const struct fovea_manifest_kept *kept,
        struct fovea_objects *objects, const struct fovea_manifest *manifest,
        bool *had_others_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    *had_others_out = false;
    for (uint64_t i = 0; !status && i < manifest->n_shards; i++) {
        const struct fovea_manifest_shard *shard = &manifest->shards[i];
        struct fovea_object_info info = { 0 };
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(FOVEA_SHARD_NAMES, i, key);
        status = fovea_objects_digest(objects, key, &info, err);
        if (status == FOVEA_ERR_FILE_NOT_FOUND ||
                (!status && strcmp(info.sha256, shard->names) != 0)) {
            *had_others_out = true;
            status = put_again(kept, objects, shard, i, err);
        }
        if (status == FOVEA_ERR_OBJECT_CHANGED) {
            status = FOVEA_OK; /* it is looked at once more */
        }
    }
    return status;
}

enum fovea_status
fovea_manifest_kept_settle(struct fovea_manifest_kept *kept,
        struct fovea_objects *objects, const struct fovea_manifest *manifest,
        struct fovea_error *err)
{
    FOVEA_ASSERT(kept->n == manifest->n_shards);
    for (int i = 0; i < SETTLE_TRIES; i++) {
        bool had_others = false;
        enum fovea_status status =
                settle_once(kept, objects, manifest, &had_others, err);
        if (status || !had_others) {
            return status;
        }
    }
    return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
            "%.140s: others make shards here again and again; take another -o",
            fovea_objects_name(objects, FOVEA_MANIFEST_KEY));
}

void
fovea_manifest_kept_finish(struct fovea_manifest_kept *kept)
{
    fovea_draft_finish(&kept->draft);
    free(kept->ends);
    *kept = (struct fovea_manifest_kept)FOVEA_MANIFEST_KEPT_INIT;
}
