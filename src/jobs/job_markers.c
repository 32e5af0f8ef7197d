/* See job_markers.h. */
#include "jobs/job_markers.h"

#include <stdlib.h>

#include "base/error.h"
#include "shards/key.h"

struct listing {
    enum fovea_shard_object object;
    uint8_t bit;
    uint8_t *states;
    uint64_t n_shards;
};

/* Others' files are passed over. */
static enum fovea_status
note(void *context, const char *name, uint64_t size, struct fovea_error *err)
{
    struct listing *listing = context;
    uint64_t number = 0;
    (void)size;
    (void)err;
    if (fovea_shard_number(listing->object, name, &number) &&
            number < listing->n_shards) {
        listing->states[number] |= listing->bit;
    }
    return FOVEA_OK;
}

static enum fovea_status
list(struct fovea_objects *objects, struct listing *listing,
        enum fovea_shard_object object, uint8_t bit, struct fovea_error *err)
{
    listing->object = object;
    listing->bit = bit;
    return fovea_objects_list(objects, fovea_shard_folder(object), note,
            listing, err);
}

/* Done wins. */
static void
count(struct fovea_job_markers *markers, const struct fovea_manifest *manifest)
{
    for (uint64_t i = 0; i < manifest->n_shards; i++) {
        uint64_t n_items = manifest->shards[i].count;
        if (markers->states[i] & FOVEA_JOB_SHARD_DONE) {
            markers->states[i] = FOVEA_JOB_SHARD_DONE;
            markers->n_done++;
            markers->n_items_done +=
                    n_items == FOVEA_SHARD_UNCOUNTED ? 0 : n_items;
        } else if (markers->states[i]) {
            markers->n_failed++;
        }
    }
}

enum fovea_status
fovea_job_markers_read(struct fovea_job_markers *markers,
        struct fovea_objects *objects, const struct fovea_manifest *manifest,
        struct fovea_error *err)
{
    struct fovea_job_markers found = {
        .states = calloc(manifest->n_shards + 1, 1),
        .n_shards = manifest->n_shards,
    };
    if (!found.states) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "no memory for the markers of the shards");
    }
    struct listing listing = {
        .states = found.states,
        .n_shards = manifest->n_shards,
    };
    enum fovea_status status = list(objects, &listing, FOVEA_SHARD_DONE,
            FOVEA_JOB_SHARD_DONE, err);
    if (!status) {
        status = list(objects, &listing, FOVEA_SHARD_FAILED,
                FOVEA_JOB_SHARD_FAILED, err);
    }
    if (status) {
        free(found.states);
        return status;
    }
    count(&found, manifest);
    fovea_job_markers_finish(markers);
    *markers = found;
    return FOVEA_OK;
}

void
fovea_job_markers_finish(struct fovea_job_markers *markers)
{
    free(markers->states);
    *markers = (struct fovea_job_markers){ .states = NULL };
}
