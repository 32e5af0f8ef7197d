/* See load.h. */
#include "worker/load.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/config.h"
#include "checkpoint/estimate.h"
#include "checkpoint/safetensors.h"
#include "engine/cpu/packed.h"
#include "sandbox/sandbox.h"
#include "wire/statuses.h"

enum {
    /* What a price leaves out: holes in the heap, a codec's tables. */
    SLACK_BYTES = 24 << 20,
    /* Descriptors of its own and of a codec's threads. */
    OWN_FILES = 16,
};

/* What is being loaded. */
struct loading {
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    int packed_fd; /* made here; owned */
    bool packed_is_bad;
    struct fovea_ready ready;
};

bool
fovea_worker_receive(const struct fovea_worker *worker,
        enum fovea_channel_state state, struct fovea_frame *frame_out,
        enum fovea_worker_exit *exit_out)
{
    enum fovea_received received = FOVEA_RECEIVED_END;
    struct fovea_frame frame;
    enum fovea_status status = fovea_frame_receive(worker->channel,
            worker->buffer, &received, &frame, NULL);
    if (status) {
        *exit_out = status == FOVEA_ERR_INTERNAL ? FOVEA_WORKER_EXIT_PROTOCOL
                                                 : FOVEA_WORKER_EXIT_CHANNEL;
        return false;
    }
    if (received != FOVEA_RECEIVED_FRAME) {
        *exit_out = received == FOVEA_RECEIVED_END ? FOVEA_WORKER_EXIT_OK
                                                   : FOVEA_WORKER_EXIT_CHANNEL;
        return false;
    }
    if (!fovea_channel_advance(&state, frame.type)) {
        fovea_frame_finish(&frame);
        *exit_out = FOVEA_WORKER_EXIT_PROTOCOL;
        return false;
    }
    *frame_out = frame;
    return true;
}

static enum fovea_status
say_hello(const struct fovea_worker *worker)
{
    struct fovea_hello hello = {
        .protocol = FOVEA_PROTOCOL_VERSION,
        .build = FOVEA_VERSION,
    };
    _Static_assert(sizeof hello.engine >= FOVEA_PACKED_ENGINE_SIZE,
            "the word fits");
    fovea_packed_engine(hello.engine);
    uint8_t bytes[sizeof hello + 16];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_hello_write(&hello, &writer);
    FOVEA_ASSERT(!writer.overflow);
    return fovea_frame_send(worker->channel, FOVEA_FRAME_HELLO, 0, bytes,
            writer.size, NULL, 0, NULL);
}

/* Weights. */

static enum fovea_status
pack(struct fovea_worker *worker, enum fovea_precision precision,
        struct loading *loading, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status =
            fovea_checkpoint_open(worker->load.directory, &checkpoint, err);
    if (!status) {
        status = fovea_packed_create(&loading->tower, checkpoint, precision,
                &worker->weights, &loading->packed_fd, err);
    }
    fovea_checkpoint_close(checkpoint);
    return status;
}

/* From the packed weights that came with the frame, or by packing them. */
static enum fovea_status
load_weights(struct fovea_worker *worker, const struct fovea_frame *frame,
        struct loading *loading, struct fovea_error *err)
{
    enum fovea_precision precision =
            fovea_precision_of(&loading->tower, worker->load.dtype);
    if (frame->n_fds == 0) {
        return pack(worker, precision, loading, err);
    }
    enum fovea_status status =
            fovea_packed_map(&loading->tower, precision, frame->fds[0],
                    worker->load.packed_is_foreign, &worker->weights, err);
    loading->packed_is_bad = status && status != FOVEA_ERR_NO_MEMORY;
    return status;
}

static enum fovea_status
load_model(struct fovea_worker *worker, const struct fovea_frame *frame,
        struct loading *loading, struct fovea_error *err)
{
    const char *directory = worker->load.directory;
    enum fovea_status status =
            fovea_tower_read(directory, &loading->tower, err);
    if (!status) {
        status = fovea_preprocess_config_read(directory, loading->tower.side_px,
                &loading->settings, err);
    }
    if (!status && worker->work.facts->has_engine) {
        status = load_weights(worker, frame, loading, err);
    }
    return status;
}

/* Everything that items need and that a sealed process cannot make. */
static enum fovea_status
warm_up(struct fovea_worker *worker, const struct loading *loading,
        struct fovea_error *err)
{
    const struct fovea_crew_options options = {
        .lane = {
            .decoder = {
                .reader = worker->work.reader,
                .options = { loading->settings, worker->load.limits },
            },
            .weights = worker->weights,
        },
        .n_threads = worker->load.n_threads,
        .max_batch = worker->load.max_batch,
    };
    if (worker->work.reader->warm_up) {
        worker->work.reader->warm_up();
    }
    return fovea_crew_create(&options, &worker->crew, err);
}

/* The seal. */

/* false: it cannot work. Where it could not be sealed and need not be, the
   ready message gets a remark. */
static enum fovea_status
seal(struct fovea_worker *worker, struct fovea_ready *ready,
        struct fovea_error *err)
{
    const struct fovea_load *load = &worker->load;
    if (load->sandbox == FOVEA_SANDBOX_OFF) {
        return FOVEA_OK;
    }
    bool has_file = worker->work.facts->output == FOVEA_OUTPUT_FILE;
    const struct fovea_sandbox_profile profile = {
        .rules = worker->work.sandbox,
        .channel_fd = worker->channel,
        .log_fd = worker->log_fd,
        .memory_bytes = load->n_threads *
                (uint64_t)(FOVEA_DECODE_FREE_BYTES + SLACK_BYTES),
        .max_more_bytes = load->max_granted_bytes,
        .max_file_bytes = has_file
                ? load->max_batch * fovea_crew_result_bytes(worker->crew)
                : 0,
        .max_files = FOVEA_FRAME_MAX_FDS + OWN_FILES,
    };
    struct fovea_error error;
    enum fovea_status status = fovea_sandbox_seal(&profile, &error);
    ready->is_sandboxed = status == FOVEA_OK;
    worker->data_bytes = ready->is_sandboxed ? fovea_sandbox_memory() : 0;
    if (status && load->sandbox == FOVEA_SANDBOX_AUTO) {
        memcpy(ready->remark, error.message, sizeof ready->remark);
        return FOVEA_OK;
    }
    if (status && err) {
        *err = error;
    }
    return status;
}

static enum fovea_status
get_ready(struct fovea_worker *worker, const struct fovea_frame *frame,
        struct loading *loading, struct fovea_error *err)
{
    struct fovea_ready *ready = &loading->ready;
    int64_t start = fovea_clock_ns();
    enum fovea_status status = load_model(worker, frame, loading, err);
    int64_t loaded = fovea_clock_ns();
    if (worker->load.sandbox != FOVEA_SANDBOX_OFF) {
        /* All files are read, and there is one thread yet. */
        fovea_sandbox_renounce();
    }
    if (!status) {
        status = warm_up(worker, loading, err);
    }
    if (!status) {
        status = seal(worker, ready, err);
    }
    if (status) {
        return status;
    }
    ready->row_bytes = fovea_crew_result_bytes(worker->crew);
    if (worker->work.facts->output == FOVEA_OUTPUT_VECTOR) {
        worker->dimension = ready->row_bytes / sizeof(float);
    }
    ready->dimension = (uint32_t)worker->dimension;
    ready->shared_bytes = worker->weights ? worker->weights->mapping_size : 0;
    ready->scratch_bytes = fovea_crew_scratch_bytes(worker->crew);
    ready->load_ns = (uint64_t)(loaded - start);
    ready->warm_up_ns = (uint64_t)(fovea_clock_ns() - loaded);
    return FOVEA_OK;
}

/* Answers. */

static enum fovea_status
say_ready(const struct fovea_worker *worker, const struct loading *loading)
{
    uint8_t bytes[sizeof loading->ready + 64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_ready_write(&loading->ready, &writer);
    FOVEA_ASSERT(!writer.overflow);
    size_t n_fds = loading->packed_fd >= 0 ? 1 : 0;
    return fovea_frame_send(worker->channel, FOVEA_FRAME_READY, 0, bytes,
            writer.size, &loading->packed_fd, n_fds, NULL);
}

static void
say_failed(const struct fovea_worker *worker, const struct fovea_error *error,
        bool packed_is_bad)
{
    struct fovea_failed failed = {
        .status = fovea_sayable(FOVEA_SAID_OF_LOAD, error->code),
        .sys_errno = error->sys_errno,
        .packed_is_bad = packed_is_bad,
    };
    memcpy(failed.message, error->message, sizeof failed.message);
    uint8_t bytes[sizeof failed + 64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_failed_write(&failed, &writer);
    FOVEA_ASSERT(!writer.overflow);
    /* Nobody is left to be told if this fails. */
    (void)!fovea_frame_send(worker->channel, FOVEA_FRAME_FAILED, 0, bytes,
            writer.size, NULL, 0, NULL);
}

static bool
carry_out(struct fovea_worker *worker, const struct fovea_frame *frame,
        enum fovea_worker_exit *exit_out)
{
    struct loading loading = { .packed_fd = -1 };
    struct fovea_error error;
    enum fovea_status status = get_ready(worker, frame, &loading, &error);
    bool is_told = true;
    if (status) {
        say_failed(worker, &error, loading.packed_is_bad);
        *exit_out = status == FOVEA_ERR_SANDBOX ? FOVEA_WORKER_EXIT_SANDBOX
                                                : FOVEA_WORKER_EXIT_LOAD;
    } else if (say_ready(worker, &loading)) {
        *exit_out = FOVEA_WORKER_EXIT_CHANNEL;
        is_told = false;
    }
    fovea_auto_fd(&loading.packed_fd);
    return !status && is_told;
}

bool
fovea_worker_load(struct fovea_worker *worker, enum fovea_worker_exit *exit_out)
{
    struct fovea_frame frame;
    (void)fovea_matmul_set_threads(1);
    if (say_hello(worker)) {
        *exit_out = FOVEA_WORKER_EXIT_CHANNEL;
        return false;
    }
    if (!fovea_worker_receive(worker, FOVEA_CHANNEL_GREETED, &frame,
                exit_out)) {
        return false;
    }
    bool is_ready = false;
    if (fovea_load_read(&frame, &worker->load)) {
        worker->work = fovea_work_find(worker->load.kind);
        is_ready = carry_out(worker, &frame, exit_out);
    } else {
        *exit_out = FOVEA_WORKER_EXIT_PROTOCOL;
    }
    fovea_frame_finish(&frame);
    return is_ready;
}

void
fovea_worker_finish(struct fovea_worker *worker)
{
    fovea_crew_destroy(worker->crew);
    fovea_weights_destroy(worker->weights);
    free(worker->buffer);
}
