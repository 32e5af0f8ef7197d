/*
 * See serve.h. Answers leave as soon as there is one. The crew's threads take
 * turns at the one buffer that they are written in; they would have to take
 * turns at the socket anyway. Where it is full they wait for the host. One that
 * asks for memory holds a right to ask until it has the answer, as nothing but
 * the answer comes meanwhile.
 */
#include "worker/serve.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/sandbox.h"
#include "wire/statuses.h"

struct service {
    const struct fovea_worker *worker;
    uint64_t id;   /* of the job */
    int output_fd; /* for rows; owned; -1: none */
    pthread_mutex_t mutex;
    uint8_t *answer; /* FOVEA_FRAME_MAX_PAYLOAD bytes; guarded by mutex */
    bool is_broken;  /* the channel is; guarded by mutex */
    enum fovea_worker_exit exit; /* why it is; guarded by mutex */
    /* One question at a time; before mutex, where both are held. */
    pthread_mutex_t asking;
    uint64_t granted[FOVEA_MAX_BATCH]; /* bytes, to items; guarded by mutex */
    uint64_t all_granted;              /* their sum; guarded by mutex */
};

/* With the mutex held. */
static void
send_answer(struct service *service, enum fovea_frame_type type,
        const struct fovea_writer *writer)
{
    FOVEA_ASSERT(!writer->overflow);
    if (!service->is_broken &&
            fovea_frame_send(service->worker->channel, type, service->id,
                    writer->bytes, writer->size, NULL, 0, NULL)) {
        service->is_broken = true;
    }
}

/* With the mutex held. */
static void
set_granted(struct service *service, size_t index, uint64_t bytes)
{
    service->all_granted += bytes - service->granted[index];
    service->granted[index] = bytes;
    if (service->worker->data_bytes > 0) {
        fovea_sandbox_set_memory(
                service->worker->data_bytes + service->all_granted);
    }
}

static void
give_back(struct service *service, size_t index)
{
    if (service->granted[index] > 0) {
        set_granted(service, index, 0);
    }
}

static enum fovea_status
break_off(struct service *service, enum fovea_worker_exit why,
        struct fovea_error *err)
{
    (void)pthread_mutex_lock(&service->mutex);
    service->is_broken = true;
    service->exit = why;
    (void)pthread_mutex_unlock(&service->mutex);
    return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "the host is gone");
}

static bool
send_need(struct service *service, size_t index, uint64_t bytes)
{
    const struct fovea_need need = { .index = (uint32_t)index, .bytes = bytes };
    struct fovea_writer writer;
    (void)pthread_mutex_lock(&service->mutex);
    fovea_writer_init(&writer, service->answer, FOVEA_FRAME_MAX_PAYLOAD);
    fovea_need_write(&need, &writer);
    send_answer(service, FOVEA_FRAME_NEED, &writer);
    bool is_sent = !service->is_broken;
    (void)pthread_mutex_unlock(&service->mutex);
    return is_sent;
}

/* With the right to ask. */
static enum fovea_status
receive_grant(struct service *service, size_t index, uint64_t bytes,
        struct fovea_error *err)
{
    struct fovea_frame frame;
    struct fovea_grant grant;
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_PROTOCOL;
    if (!fovea_worker_receive(service->worker, FOVEA_CHANNEL_ASKED, &frame,
                &why)) {
        return break_off(service, why, err);
    }
    bool is_good = frame.type == FOVEA_FRAME_GRANT && frame.id == service->id &&
            fovea_grant_read(&frame, &grant) && grant.index == index;
    fovea_frame_finish(&frame);
    if (!is_good) {
        return break_off(service, FOVEA_WORKER_EXIT_PROTOCOL, err);
    }
    if (grant.status) {
        return fovea_fail(err, grant.status, "%s", grant.message);
    }
    (void)pthread_mutex_lock(&service->mutex);
    set_granted(service, index, bytes);
    (void)pthread_mutex_unlock(&service->mutex);
    return FOVEA_OK;
}

static enum fovea_status
ask(void *context, size_t index, uint64_t bytes, struct fovea_error *err)
{
    struct service *service = context;
    (void)pthread_mutex_lock(&service->asking);
    enum fovea_status status = send_need(service, index, bytes)
            ? receive_grant(service, index, bytes, err)
            : fovea_fail(err, FOVEA_ERR_NO_MEMORY, "the host is gone");
    (void)pthread_mutex_unlock(&service->asking);
    return status;
}

static void
decoded(void *context, size_t index, int64_t decode_ns)
{
    struct service *service = context;
    const struct fovea_decoded message = {
        .index = (uint32_t)index,
        .decode_ns = (uint64_t)decode_ns,
    };
    struct fovea_writer writer;
    (void)pthread_mutex_lock(&service->mutex);
    fovea_writer_init(&writer, service->answer, FOVEA_FRAME_MAX_PAYLOAD);
    fovea_decoded_write(&message, &writer);
    give_back(service, index);
    send_answer(service, FOVEA_FRAME_DECODED, &writer);
    (void)pthread_mutex_unlock(&service->mutex);
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
                    "cannot write the pixels");
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
        .status = fovea_sayable(FOVEA_SAID_OF_ITEM, error.code),
        .sys_errno = error.sys_errno,
        .notes = error.notes,
        .decode_ns = (uint64_t)result->decode_ns,
        .forward_ns = (uint64_t)result->forward_ns,
    };
    memcpy(message.message, error.message, sizeof message.message);
    size_t dimension = error.code ? 0 : service->worker->dimension;
    struct fovea_writer writer;
    (void)pthread_mutex_lock(&service->mutex);
    fovea_writer_init(&writer, service->answer, FOVEA_FRAME_MAX_PAYLOAD);
    fovea_result_write(&message, dimension ? result->row : NULL, dimension,
            &writer);
    give_back(service, result->index);
    send_answer(service, FOVEA_FRAME_RESULT, &writer);
    (void)pthread_mutex_unlock(&service->mutex);
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
    bool raw[FOVEA_MAX_BATCH];
    for (size_t i = 0; i < job->n; i++) {
        inputs[i] = (struct fovea_input)FOVEA_INPUT_INIT;
        inputs[i].fd = fovea_frame_take_fd(frame, i);
        inputs[i].size = job->items[i].size;
        raw[i] = job->items[i].raw;
    }
    if (frame->n_fds > job->n) {
        service->output_fd = fovea_frame_take_fd(frame, job->n);
    }
    service->id = frame->id;
    const struct fovea_worker_job work = {
        .n = job->n,
        .inputs = inputs,
        .raw = raw,
        .context = service,
        .ask = ask,
        .decoded = decoded,
        .done = done,
    };
    fovea_crew_run(service->worker->crew, &work);
    fovea_auto_fd(&service->output_fd);
    service->output_fd = -1;
}

/* One frame. False: it is over. */
static bool
serve_one(struct service *service, enum fovea_worker_exit *exit_out)
{
    struct fovea_frame frame;
    struct fovea_job_frame job;
    if (!fovea_worker_receive(service->worker, FOVEA_CHANNEL_READY, &frame,
                exit_out)) {
        return false;
    }
    bool is_good =
            fovea_job_read(&frame, &job) && is_complete(service, &job, &frame);
    if (is_good) {
        run_job(service, &job, &frame);
    } else {
        *exit_out = FOVEA_WORKER_EXIT_PROTOCOL;
    }
    fovea_frame_finish(&frame);
    if (is_good && service->is_broken) {
        *exit_out = service->exit;
        is_good = false;
    }
    return is_good;
}

enum fovea_worker_exit
fovea_worker_serve(struct fovea_worker *worker)
{
    FOVEA_AUTO_FREE uint8_t *answer = malloc(FOVEA_FRAME_MAX_PAYLOAD);
    if (!answer) {
        return FOVEA_WORKER_EXIT_CHANNEL;
    }
    struct service service = {
        .worker = worker,
        .output_fd = -1,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .answer = answer,
        .exit = FOVEA_WORKER_EXIT_CHANNEL,
        .asking = PTHREAD_MUTEX_INITIALIZER,
    };
    enum fovea_worker_exit why = FOVEA_WORKER_EXIT_OK;
    while (serve_one(&service, &why)) {
    }
    (void)pthread_mutex_destroy(&service.mutex);
    (void)pthread_mutex_destroy(&service.asking);
    return why;
}
