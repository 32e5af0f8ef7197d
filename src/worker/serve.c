/*
 * See serve.h. Answers leave as soon as there is one. A thread that asks for
 * memory holds a right to ask until it has the answer, as nothing but the answer
 * comes meanwhile.
 */
#include "worker/serve.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/sandbox.h"
#include "wire/statuses.h"

struct service {
    struct fovea_worker *worker;
    uint64_t id;                       /* of the job */
    int output_fd;                     /* for rows; owned; -1: none */
    pthread_mutex_t asking;            /* one question at a time */
    pthread_mutex_t mutex;             /* guards what follows */
    uint64_t granted[FOVEA_MAX_BATCH]; /* bytes, to items */
    uint64_t all_granted;              /* their sum */
};

static void
set_granted(struct service *service, size_t index, uint64_t bytes)
{
    (void)pthread_mutex_lock(&service->mutex);
    bool has_changed = service->granted[index] != bytes;
    service->all_granted += bytes - service->granted[index];
    service->granted[index] = bytes;
    if (has_changed && service->worker->data_bytes > 0) {
        fovea_sandbox_set_memory(
                service->worker->data_bytes + service->all_granted);
    }
    (void)pthread_mutex_unlock(&service->mutex);
}

static bool
send_need(struct service *service, size_t index, uint64_t bytes)
{
    const struct fovea_need need = { .index = (uint32_t)index, .bytes = bytes };
    struct fovea_endpoint *host = &service->worker->host;
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_need_write(&need, &writer);
    return fovea_endpoint_send(host, FOVEA_FRAME_NEED, service->id, &writer,
            NULL, 0);
}

/* With the right to ask. False: the channel is broken. */
static bool
receive_grant(struct service *service, size_t index,
        struct fovea_grant *grant_out)
{
    struct fovea_endpoint *host = &service->worker->host;
    struct fovea_frame frame;
    if (!fovea_endpoint_receive(host, &frame)) {
        return false;
    }
    bool is_good = frame.type == FOVEA_FRAME_GRANT && frame.id == service->id &&
            fovea_grant_read(&frame, grant_out) && grant_out->index == index;
    fovea_frame_finish(&frame);
    if (!is_good) {
        fovea_endpoint_break(host, FOVEA_WORKER_EXIT_PROTOCOL);
    }
    return is_good;
}

static enum fovea_status
ask(void *context, size_t index, uint64_t bytes, struct fovea_error *err)
{
    struct service *service = context;
    struct fovea_grant grant;
    (void)pthread_mutex_lock(&service->asking);
    bool is_answered = send_need(service, index, bytes) &&
            receive_grant(service, index, &grant);
    (void)pthread_mutex_unlock(&service->asking);
    if (!is_answered) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "the host is gone");
    }
    if (grant.status) {
        return fovea_fail(err, grant.status, "%s", grant.message);
    }
    set_granted(service, index, bytes);
    return FOVEA_OK;
}

static void
decoded(void *context, size_t index, int64_t decode_ns)
{
    struct service *service = context;
    struct fovea_endpoint *host = &service->worker->host;
    const struct fovea_decoded message = {
        .index = (uint32_t)index,
        .decode_ns = (uint64_t)decode_ns,
    };
    set_granted(service, index, 0); /* before anybody hears of it */
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_decoded_write(&message, &writer);
    (void)fovea_endpoint_send(host, FOVEA_FRAME_DECODED, service->id, &writer,
            NULL, 0);
}

/* Into the file that came with the job. */
static void
write_row(const struct service *service, size_t index, const uint8_t *row,
        struct fovea_error *error)
{
    size_t size = fovea_crew_result_bytes(service->worker->crew);
    off_t offset = (off_t)(index * size);
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(service->output_fd, row + done, size - done,
                offset + (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            (void)fovea_fail_errno(error, FOVEA_ERR_IO, n < 0 ? errno : ENOSPC,
                    "cannot write the result");
            return;
        }
        done += (size_t)n;
    }
}

static void
done(void *context, const struct fovea_item_result *result)
{
    struct service *service = context;
    struct fovea_error error = *result->error;
    if (!error.code && service->output_fd >= 0) {
        write_row(service, result->index, result->row, &error);
    }
    struct fovea_result message = {
        .index = (uint32_t)result->index,
        .status = fovea_worker_status(FOVEA_REPORT_OF_ITEM, error.code),
        .sys_errno = error.sys_errno,
        .notes = error.notes,
        .decode_ns = (uint64_t)result->decode_ns,
        .forward_ns = (uint64_t)result->forward_ns,
    };
    memcpy(message.message, error.message, sizeof message.message);
    if (!error.code) {
        message.facts = *result->facts;
    }
    struct fovea_endpoint *host = &service->worker->host;
    size_t dimension = error.code ? 0 : service->worker->dimension;
    set_granted(service, result->index, 0); /* before anybody hears of it */
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_result_write(&message, dimension ? result->row : NULL, dimension,
            &writer);
    (void)fovea_endpoint_send(host, FOVEA_FRAME_RESULT, service->id, &writer,
            NULL, 0);
}

/* The descriptors of a job are as many as its items, and an output. */
static bool
is_complete(const struct service *service, const struct fovea_job_frame *job,
        const struct fovea_frame *frame)
{
    const struct fovea_worker *worker = service->worker;
    size_t outputs = worker->work.facts->output == FOVEA_OUTPUT_FILE ? 1 : 0;
    return job->n <= worker->load.max_batch && frame->n_fds == job->n + outputs;
}

static void
run_job(struct service *service, const struct fovea_job_frame *job,
        struct fovea_frame *frame)
{
    struct fovea_input inputs[FOVEA_MAX_BATCH];
    struct fovea_work_flags flags[FOVEA_MAX_BATCH];
    for (size_t i = 0; i < job->n; i++) {
        inputs[i] = (struct fovea_input)FOVEA_INPUT_INIT;
        inputs[i].fd = fovea_frame_take_fd(frame, i);
        inputs[i].size = job->items[i].size;
        flags[i] = job->items[i].flags;
    }
    if (frame->n_fds > job->n) {
        service->output_fd = fovea_frame_take_fd(frame, job->n);
    }
    service->id = frame->id;
    const struct fovea_worker_job work = {
        .n = job->n,
        .inputs = inputs,
        .flags = flags,
        .context = service,
        .ask = ask,
        .decoded = decoded,
        .done = done,
    };
    fovea_crew_run(service->worker->crew, &work);
    fovea_endpoint_finish_job(&service->worker->host);
    fovea_auto_fd(&service->output_fd);
    service->output_fd = -1;
}

/* One job, or the end. */
static void
serve_one(struct service *service)
{
    struct fovea_endpoint *host = &service->worker->host;
    struct fovea_frame frame;
    struct fovea_job_frame job;
    if (!fovea_endpoint_receive(host, &frame)) {
        return;
    }
    if (fovea_job_read(&frame, &job) && is_complete(service, &job, &frame)) {
        run_job(service, &job, &frame);
    } else {
        fovea_endpoint_break(host, FOVEA_WORKER_EXIT_PROTOCOL);
    }
    fovea_frame_finish(&frame);
}

enum fovea_worker_exit
fovea_worker_serve(struct fovea_worker *worker)
{
    struct service service = {
        .worker = worker,
        .output_fd = -1,
        .asking = PTHREAD_MUTEX_INITIALIZER,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
    };
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_OK;
    while (!fovea_endpoint_is_broken(&worker->host, &why)) {
        serve_one(&service);
    }
    (void)pthread_mutex_destroy(&service.mutex);
    (void)pthread_mutex_destroy(&service.asking);
    return why;
}
