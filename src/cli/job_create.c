/* `fovea job create`: see job_create.h. */
#include "cli/job_create.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "cli/frozen_model.h"
#include "cli/job_task.h"
#include "jobs/job_markers.h"
#include "jobs/job_publish.h"
#include "shards/manifest_make.h"

struct create {
    const struct fovea_run_request *request;
    const struct fovea_inputs_settings *inputs;
    const struct fovea_frozen *frozen;
    struct fovea_job_task task;
    struct fovea_objects_settings store;
    int64_t begin_ns;
    atomic_uint_least64_t n_listed; /* inputs */
    atomic_bool is_listed;
    /* What came of it. */
    struct fovea_manifest manifest;
    struct fovea_job_published published;
    uint64_t n_decided;
    uint64_t n_settled; /* of those that were there before */
};

static void
draw(void *context, struct fovea_progress *progress)
{
    struct create *create = context;
    const struct fovea_progress_state state = {
        .verb = atomic_load(&create->is_listed) ? "publishing" : "listing",
        .n_done = atomic_load(&create->n_listed),
        .elapsed_ns = fovea_clock_ns() - create->begin_ns,
        .first_ns = 1,
    };
    fovea_progress_draw(progress, &state);
}

/* How many that were there before no node will be given any more: the broker takes
   none of them again, whatever became of their results. */
static enum fovea_status
count_settled(struct create *create, struct fovea_queue *queue,
        struct fovea_error *err)
{
    const struct fovea_job_published *published = &create->published;
    struct fovea_queue_counts counts = { 0 };
    enum fovea_status status = published->n_there > 0
            ? fovea_queue_count(queue, &counts, err)
            : FOVEA_OK;
    uint64_t n_open = counts.n_waiting + counts.n_handed_out;
    uint64_t n_all = published->n_new + published->n_there;
    if (!status && published->n_there > 0 && n_open < n_all) {
        create->n_settled = n_all - n_open < published->n_there
                ? n_all - n_open
                : published->n_there;
    }
    return status;
}

/* Those that no marker decides yet: the output may have been begun before. */
static enum fovea_status
publish_open(struct create *create, const struct fovea_job_place *place,
        struct fovea_objects *objects, struct fovea_error *err)
{
    struct fovea_job_markers markers = { .states = NULL };
    enum fovea_status status =
            fovea_job_markers_read(&markers, objects, &create->manifest, err);
    for (uint64_t i = 0; !status && i < markers.n_shards; i++) {
        create->n_decided += markers.states[i] != 0;
        markers.states[i] = !markers.states[i];
    }
    if (!status) {
        status = fovea_job_publish(place, markers.states, false,
                &create->published, err);
    }
    if (!status) {
        status = count_settled(create, place->queue, err);
    }
    fovea_job_markers_finish(&markers);
    return status;
}

static enum fovea_status
run(void *context, struct fovea_error *err)
{
    struct create *create = context;
    const struct fovea_run_request *request = create->request;
    FOVEA_AUTO(fovea_objects_close_auto) struct fovea_objects *objects = NULL;
    FOVEA_AUTO(fovea_queue_close_auto) struct fovea_queue *queue = NULL;
    struct fovea_manifest_order order = {
        .frozen = create->frozen,
        .inputs = create->inputs,
        .stop_fd = create->task.stop_fd,
        .n_listed = &create->n_listed,
    };
    /* The broker first: without one nothing is begun. */
    enum fovea_status status =
            fovea_queue_open(&request->queue, request->job, &queue, err);
    if (!status) {
        status = fovea_objects_open(request->output, &create->store, &objects,
                err);
    }
    if (!status) {
        order.objects = objects;
        status = fovea_manifest_make(&order, NULL, &create->manifest, err);
    }
    if (status) {
        return status;
    }
    atomic_store(&create->is_listed, true);
    const struct fovea_job_place place = {
        .queue = queue,
        .name = request->job,
        .output = request->output,
        .manifest = &create->manifest,
        .store = &create->store,
    };
    status = fovea_job_make(&place, request->ack_wait_ns,
            (uint32_t)request->n_replicas, err);
    return status ? status : publish_open(create, &place, objects, err);
}

static void
summarise(const struct create *create)
{
    const struct fovea_manifest *manifest = &create->manifest;
    fovea_cli_report("job %s: %" PRIu64 " shards, %" PRIu64 " inputs%s",
            create->request->job, manifest->n_shards, manifest->n_items,
            manifest->n_uncounted
                    ? " and those of archives that are not counted"
                    : "");
    fovea_cli_report("%" PRIu64 " shards published, %" PRIu64
                     " there before, %" PRIu64 " done or failed already",
            create->published.n_new, create->published.n_there,
            create->n_decided);
    if (create->n_settled > 0) {
        fovea_cli_report("%" PRIu64 " of those there before wait for no node "
                         "any more, as if they were done, at another -o "
                         "perhaps; fovea job finish publishes again what is "
                         "missing here",
                create->n_settled);
    }
}

/* With the model described. The exit code. */
static int
create_job(struct create *create)
{
    const struct fovea_run_request *request = create->request;
    create->store = (struct fovea_objects_settings){
        .is_cancelled = fovea_job_task_is_cancelled,
        .context = &create->task,
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    create->task = (struct fovea_job_task){
        .run = run,
        .draw = draw,
        .context = create,
        .shows_progress = !request->quiet && !request->no_progress,
    };
    create->begin_ns = fovea_clock_ns();
    int code = fovea_job_task_run(&create->task);
    if (!code && !request->quiet) {
        summarise(create);
    }
    fovea_manifest_finish(&create->manifest);
    return code;
}

int
fovea_job_create(const struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs)
{
    FOVEA_AUTO(fovea_frozen_model_close)
    struct fovea_frozen_model opened = { .library = NULL };
    struct create create = {
        .request = request,
        .inputs = inputs,
        .frozen = &opened.frozen,
    };
    struct fovea_error error;
    return fovea_frozen_model_open(request, &opened, &error)
            ? fovea_cli_fail(&error)
            : create_job(&create);
}
