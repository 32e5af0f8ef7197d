/* See queued_outputs.h. */
#include "server/queued_outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "shards/key.h"

#define AGAIN_NS (10 * FOVEA_NS_PER_S) /* between two looks at a manifest */

static bool
is_cancelled(void *context)
{
    return atomic_load((atomic_bool *)context);
}

enum fovea_status
fovea_queued_outputs_open(struct fovea_queued_outputs *outputs,
        const struct fovea_words *places, atomic_bool *cancelled,
        struct fovea_error *err)
{
    outputs->settings.is_cancelled = is_cancelled;
    outputs->settings.context = cancelled;
    outputs->all = calloc(places->n + 1, sizeof *outputs->all);
    if (!outputs->all) {
        return fovea_fail_memory(err, places->n * sizeof *outputs->all,
                "the jobs' outputs");
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < places->n && !status; i++) {
        status = fovea_objects_open(places->all[i], &outputs->settings,
                &outputs->all[i].objects, err);
        outputs->n += status ? 0 : 1;
    }
    return status;
}

void
fovea_queued_outputs_close(struct fovea_queued_outputs *outputs)
{
    for (size_t i = 0; i < outputs->n; i++) {
        fovea_manifest_finish(&outputs->all[i].manifest);
        fovea_objects_close(outputs->all[i].objects);
    }
    free(outputs->all);
    *outputs = (struct fovea_queued_outputs){ .n = 0 };
}

const char *
fovea_queued_outputs_place(const struct fovea_queued_outputs *outputs,
        size_t index)
{
    return index < outputs->n ? fovea_objects_place(outputs->all[index].objects)
                              : NULL;
}

/* A manifest never changes, but a place may be emptied, and have another one then. */
static enum fovea_status
read_manifest(struct fovea_queued_output *output, struct fovea_error *err)
{
    struct fovea_object_info info = { .version = "" };
    enum fovea_status status =
            fovea_objects_stat(output->objects, FOVEA_MANIFEST_KEY, &info, err);
    if (!status && strcmp(info.version, output->version) == 0) {
        return FOVEA_OK;
    }
    fovea_manifest_finish(&output->manifest);
    output->version[0] = '\0';
    if (!status) {
        status = fovea_manifest_read(output->objects, &output->manifest, err);
    }
    if (!status) {
        memcpy(output->version, info.version, sizeof output->version);
    }
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        fovea_error_clear(err);
        return FOVEA_OK;
    }
    return status;
}

/* The same from time to time; between, what came of it is told again. */
static enum fovea_status
look(struct fovea_queued_output *output, struct fovea_error *err)
{
    int64_t now_ns = fovea_clock_ns();
    if (output->looked_ns == 0 || now_ns - output->looked_ns >= AGAIN_NS) {
        output->looked_ns = now_ns;
        fovea_error_clear(&output->failure);
        (void)!read_manifest(output, &output->failure);
    }
    if (output->failure.code) {
        *err = output->failure;
    }
    return output->failure.code;
}

/* Whether it has the job's manifest. */
static bool
is_of(const struct fovea_queued_output *output,
        const struct fovea_job_progress *progress)
{
    return output->version[0] &&
            fovea_job_progress_is_of(progress, &output->manifest);
}

/* Take away from a job what is no longer its own. */
static void
detach(struct fovea_job_progress *progress)
{
    fovea_job_markers_finish(&progress->markers);
    progress->objects = NULL;
    progress->manifest = NULL;
}

enum fovea_status
fovea_queued_outputs_find(struct fovea_queued_outputs *outputs,
        struct fovea_job_progress *progress, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    struct fovea_queued_output *own = NULL;
    for (size_t i = 0; i < outputs->n && !own; i++) {
        struct fovea_error why;
        enum fovea_status failure = look(&outputs->all[i], &why);
        if (failure) {
            status = failure;
            *err = why;
        } else if (is_of(&outputs->all[i], progress)) {
            own = &outputs->all[i];
        }
    }
    if (!own) {
        detach(progress);
        return status;
    }
    progress->objects = own->objects;
    progress->manifest = &own->manifest;
    return FOVEA_OK;
}
