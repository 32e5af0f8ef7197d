/* See load.h. */
#include "worker/load.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/config.h"
#include "checkpoint/safetensors.h"
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
    int given[FOVEA_N_SHARED]; /* came with LOAD; borrowed; -1: none */
    int made[FOVEA_N_SHARED];  /* here; owned; -1: none */
    bool packed_is_bad;
    struct fovea_ready ready;
};

static bool
say_hello(struct fovea_endpoint *host, const struct fovea_engine_ops *ops)
{
    struct fovea_hello hello = {
        .protocol = FOVEA_PROTOCOL_VERSION,
        .build = FOVEA_VERSION,
    };
    _Static_assert(sizeof hello.engine >= FOVEA_ENGINE_WORD_SIZE,
            "the word fits");
    ops->word(hello.engine);
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_hello_write(&hello, &writer);
    return fovea_endpoint_send(host, FOVEA_FRAME_HELLO, 0, &writer, NULL, 0);
}

/* What came with the frame, all or nothing of it. */
static void
sort_given(const struct fovea_worker *worker, const struct fovea_frame *frame,
        struct loading *loading)
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_SHARED && n < frame->n_fds; i++) {
        if (fovea_work_shares(worker->load.kind, (enum fovea_shared)i)) {
            loading->given[i] = frame->fds[n++];
        }
    }
}

/* From the packed weights that were given, or by packing them. */
static enum fovea_status
open_engine(struct fovea_worker *worker, struct loading *loading,
        struct fovea_error *err)
{
    int given = loading->given[FOVEA_SHARED_WEIGHTS];
    const bool is_given = given >= 0;
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = is_given
            ? FOVEA_OK
            : fovea_checkpoint_open(worker->load.directory, &checkpoint, err);
    const struct fovea_engine_options options = {
        .tower = &loading->tower,
        .pixels = &worker->reading.settings,
        .dtype = worker->load.dtype,
        .packed_fd = given,
        .packed_is_foreign = worker->load.packed_is_foreign,
        .checkpoint = checkpoint,
    };
    if (!status) {
        status = worker->ops->open(&options, &worker->engine, err);
    }
    fovea_checkpoint_close(checkpoint);
    if (!status) {
        loading->made[FOVEA_SHARED_WEIGHTS] =
                worker->ops->take_packed(worker->engine);
    }
    loading->packed_is_bad =
            is_given && status && status != FOVEA_ERR_NO_MEMORY;
    return status;
}

static enum fovea_status
open_reader(struct fovea_worker *worker, struct loading *loading,
        struct fovea_error *err)
{
    const struct fovea_read_origin origin = {
        .directory = worker->load.directory,
        .tower = &loading->tower,
        .table_fd = loading->given[FOVEA_SHARED_TABLE],
    };
    enum fovea_status status = worker->work.reader->load(&origin,
            &worker->reading, &loading->made[FOVEA_SHARED_TABLE], err);
    loading->packed_is_bad =
            origin.table_fd >= 0 && status && status != FOVEA_ERR_NO_MEMORY;
    return status;
}

static enum fovea_status
load_model(struct fovea_worker *worker, struct loading *loading,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_tower_read(worker->load.directory,
            worker->work.facts->modality, &loading->tower, err);
    if (!status) {
        status = open_reader(worker, loading, err);
        worker->reading.settings.pixels = worker->load.pixels;
    }
    if (!status && worker->work.facts->has_engine) {
        status = open_engine(worker, loading, err);
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
                .options = worker->reading,
            },
            .embedder = { worker->ops, worker->engine,
                loading->tower.dimension },
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
        .channel_fd = worker->host.fd,
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
    sort_given(worker, frame, loading);
    enum fovea_status status = load_model(worker, loading, err);
    int64_t loaded = fovea_clock_ns();
    if (worker->load.sandbox != FOVEA_SANDBOX_OFF) {
        /* All files are read, and there is one thread yet. */
        fovea_sandbox_drop_capabilities();
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
    ready->shared_bytes =
            worker->engine ? worker->ops->shared_bytes(worker->engine) : 0;
    ready->shared_bytes += worker->reading.table_bytes;
    ready->scratch_bytes = fovea_crew_scratch_bytes(worker->crew);
    ready->load_ns = (uint64_t)(loaded - start);
    ready->warm_up_ns = (uint64_t)(fovea_clock_ns() - loaded);
    return FOVEA_OK;
}

/* Answers. */

static bool
say_ready(struct fovea_endpoint *host, const struct loading *loading)
{
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_ready_write(&loading->ready, &writer);
    int fds[FOVEA_N_SHARED];
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        if (loading->made[i] >= 0) {
            fds[n++] = loading->made[i];
        }
    }
    return fovea_endpoint_send(host, FOVEA_FRAME_READY, 0, &writer, fds, n);
}

static void
say_failed(struct fovea_endpoint *host, const struct fovea_error *error,
        bool packed_is_bad)
{
    struct fovea_failed failed = {
        .status = fovea_worker_status(FOVEA_REPORT_OF_LOAD, error->code),
        .sys_errno = error->sys_errno,
        .packed_is_bad = packed_is_bad,
    };
    memcpy(failed.message, error->message, sizeof failed.message);
    struct fovea_writer writer = fovea_endpoint_begin(host);
    fovea_failed_write(&failed, &writer);
    /* Nobody is left to be told if this fails. */
    (void)fovea_endpoint_send(host, FOVEA_FRAME_FAILED, 0, &writer, NULL, 0);
}

static bool
carry_out(struct fovea_worker *worker, const struct fovea_frame *frame,
        enum fovea_worker_exit *exit_out)
{
    struct loading loading = {
        .given = { -1, -1 },
        .made = { -1, -1 },
    };
    struct fovea_error error;
    bool is_ready = false;
    worker->reading.limits = worker->load.limits;
    worker->reading.thumbnail_px = worker->load.thumbnail_px;
    enum fovea_status status = get_ready(worker, frame, &loading, &error);
    if (status) {
        say_failed(&worker->host, &error, loading.packed_is_bad);
        *exit_out = status == FOVEA_ERR_SANDBOX ? FOVEA_WORKER_EXIT_SANDBOX
                                                : FOVEA_WORKER_EXIT_LOAD;
    } else {
        is_ready = say_ready(&worker->host, &loading) ||
                !fovea_endpoint_is_broken(&worker->host, exit_out);
    }
    for (size_t i = 0; i < FOVEA_N_SHARED; i++) {
        fovea_auto_fd(&loading.made[i]);
    }
    return is_ready;
}

/* Nothing of anybody's is read here, so it is not sealed. */
static enum fovea_worker_exit
measure(struct fovea_worker *worker, const struct fovea_frame *frame)
{
    struct fovea_choice_shape shape;
    struct fovea_choice_times times;
    struct fovea_error error;
    if (!fovea_measure_read(frame, &shape)) {
        return FOVEA_WORKER_EXIT_PROTOCOL;
    }
    enum fovea_status status = worker->ops->time_layer(&shape, &times, &error);
    if (!status && !fovea_choice_times_are_good(&times)) {
        status = fovea_fail(&error, FOVEA_ERR_INTERNAL,
                "a layer's time was not to be measured");
    }
    if (status) {
        say_failed(&worker->host, &error, false);
        return FOVEA_WORKER_EXIT_LOAD;
    }
    struct fovea_writer writer = fovea_endpoint_begin(&worker->host);
    fovea_measured_write(&times, &writer);
    return fovea_endpoint_send(&worker->host, FOVEA_FRAME_MEASURED, 0, &writer,
                   NULL, 0)
            ? FOVEA_WORKER_EXIT_OK
            : FOVEA_WORKER_EXIT_CHANNEL;
}

bool
fovea_worker_load(struct fovea_worker *worker, enum fovea_worker_exit *exit_out)
{
    struct fovea_endpoint *host = &worker->host;
    struct fovea_frame frame;
    worker->ops = fovea_engine_default();
    if (!say_hello(host, worker->ops) ||
            !fovea_endpoint_receive(host, &frame)) {
        (void)fovea_endpoint_is_broken(host, exit_out);
        return false;
    }
    bool is_ready = false;
    if (frame.type == FOVEA_FRAME_MEASURE) {
        *exit_out = measure(worker, &frame);
    } else if (fovea_load_read(&frame, &worker->load)) {
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
    if (worker->work.reader && worker->work.reader->finish) {
        worker->work.reader->finish(&worker->reading);
    }
    if (worker->ops) {
        worker->ops->close(worker->engine);
    }
    fovea_endpoint_finish(&worker->host);
}
