/* See job_publish.h. */
#include "jobs/job_publish.h"

#include <stdio.h>

#include "base/error.h"
#include "jobs/message.h"

enum fovea_status
fovea_job_make(const struct fovea_job_place *place, int64_t ack_wait_ns,
        uint32_t n_replicas, struct fovea_error *err)
{
    struct fovea_queue_job job = {
        .ack_wait_ns = ack_wait_ns,
        .n_replicas = n_replicas,
    };
    (void)snprintf(job.tag, sizeof job.tag, "%s", place->manifest->sha256);
    return fovea_queue_create(place->queue, &job, err);
}

static bool
is_cancelled(const struct fovea_job_place *place)
{
    return place->store->is_cancelled &&
            place->store->is_cancelled(place->store->context);
}

static enum fovea_status
publish_one(const struct fovea_job_place *place, uint64_t shard, bool purges,
        struct fovea_text *text, struct fovea_error *err)
{
    enum fovea_status status =
            purges ? fovea_queue_purge(place->queue, shard, err) : FOVEA_OK;
    if (status) {
        return status;
    }
    fovea_text_clear(text);
    fovea_job_message_write(place->name, place->manifest, shard, place->output,
            text);
    if (fovea_text_failed(text)) {
        return fovea_fail_memory(err, text->size, "a message");
    }
    if (text->size > FOVEA_QUEUE_MAX_MESSAGE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the name of the output is too long for a message of a shard");
    }
    return fovea_queue_publish(place->queue, shard, text->data, text->size,
            err);
}

enum fovea_status
fovea_job_publish(const struct fovea_job_place *place, const uint8_t *wanted,
        bool purges, struct fovea_job_published *published_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    struct fovea_error end_error;
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0; i < place->manifest->n_shards && !status; i++) {
        if (!wanted[i]) {
            continue;
        }
        status = is_cancelled(place)
                ? fovea_fail(err, FOVEA_ERR_CANCELLED,
                          "given up while shards were published")
                : publish_one(place, i, purges, &text, err);
    }
    /* What is under way comes to its end, whatever the first failure was. */
    enum fovea_status ended = fovea_queue_publish_end(place->queue,
            &published_out->n_new, &published_out->n_there, &end_error);
    if (!status && ended) {
        status = ended;
        if (err) {
            *err = end_error;
        }
    }
    return status;
}
