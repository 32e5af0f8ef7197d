/*
 * The door of the CPU engine: see engine/engine.h. Weights are packed for this
 * CPU and shared; a lane is a plan of its own.
 *
 * oneDNN's threads are OpenMP's, whose number is set for each thread that calls
 * it; a caller's own setting is put back.
 */
#include <unistd.h>

#include "base/error.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/layer_time.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "engine/engine.h"

_Static_assert((int)FOVEA_ENGINE_WORD_SIZE == (int)FOVEA_PACKED_ENGINE_SIZE,
        "the header has room for the word");

struct fovea_engine {
    struct fovea_pixel_table table;
    struct fovea_weights *weights;
    int packed_fd;             /* owned; -1: none */
    struct fovea_plan **plans; /* [n_lanes] */
    unsigned n_lanes;
};

static void
close_engine(struct fovea_engine *engine)
{
    if (!engine) {
        return;
    }
    for (unsigned i = 0; i < engine->n_lanes; i++) {
        fovea_plan_destroy(engine->plans[i]);
    }
    free(engine->plans);
    fovea_weights_destroy(engine->weights);
    if (engine->packed_fd >= 0) {
        (void)close(engine->packed_fd);
    }
    free(engine);
}

static enum fovea_status
load(struct fovea_engine *engine, const struct fovea_engine_options *options,
        struct fovea_error *err)
{
    enum fovea_precision precision =
            fovea_precision_of(options->tower, options->dtype);
    if (options->packed_fd >= 0) {
        return fovea_packed_map(options->tower, precision, options->packed_fd,
                options->packed_is_foreign, &engine->weights, err);
    }
    return fovea_packed_create(options->tower, options->checkpoint, precision,
            &engine->weights, &engine->packed_fd, err);
}

static enum fovea_status
open_engine(const struct fovea_engine_options *options,
        struct fovea_engine **engine_out, struct fovea_error *err)
{
    struct fovea_engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        return fovea_fail_memory(err, sizeof *engine, "an engine");
    }
    engine->packed_fd = -1;
    if (options->pixels) {
        fovea_pixel_table_init(&engine->table, options->pixels);
    }
    int before = fovea_machine_set_threads(1);
    enum fovea_status status = load(engine, options, err);
    (void)fovea_machine_set_threads(before);
    if (status) {
        close_engine(engine);
        return status;
    }
    *engine_out = engine;
    return FOVEA_OK;
}

static enum fovea_status
prepare_lanes(struct fovea_engine *engine, unsigned n_lanes, size_t max_batch,
        struct fovea_error *err)
{
    engine->plans = calloc(n_lanes, sizeof(struct fovea_plan *));
    if (!engine->plans) {
        return fovea_fail_memory(err, n_lanes * sizeof(struct fovea_plan *),
                "an engine");
    }
    enum fovea_status status = FOVEA_OK;
    while (!status && engine->n_lanes < n_lanes) {
        struct fovea_plan **plan = &engine->plans[engine->n_lanes++];
        status = fovea_plan_create(engine->weights, max_batch, plan, err);
        if (!status) {
            status = fovea_forward_warm_up(*plan, &engine->table, err);
        }
    }
    return status;
}

static enum fovea_status
prepare(struct fovea_engine *engine, unsigned n_lanes, size_t max_batch,
        struct fovea_error *err)
{
    FOVEA_ASSERT(!engine->plans && n_lanes >= 1 && max_batch >= 1);
    int before = fovea_machine_set_threads(1);
    enum fovea_status status = prepare_lanes(engine, n_lanes, max_batch, err);
    (void)fovea_machine_set_threads(before);
    return status;
}

static enum fovea_status
run(struct fovea_engine *engine, unsigned lane, const void *rows, size_t n,
        float *embeds, struct fovea_error *err)
{
    FOVEA_ASSERT(lane < engine->n_lanes);
    int before = fovea_machine_set_threads(1);
    enum fovea_status status = fovea_forward_run(engine->plans[lane],
            &engine->table, rows, n, embeds, err);
    (void)fovea_machine_set_threads(before);
    return status;
}

static int
take_packed(struct fovea_engine *engine)
{
    int fd = engine->packed_fd;
    engine->packed_fd = -1;
    return fd;
}

static size_t
shared_bytes(const struct fovea_engine *engine)
{
    return engine->weights->mapping_size;
}

static size_t
lanes_bytes(const struct fovea_engine *engine)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < engine->n_lanes; i++) {
        bytes += fovea_plan_bytes(engine->plans[i]);
    }
    return bytes;
}

const struct fovea_engine_ops fovea_engine_cpu = {
    .name = "cpu",
    .word = fovea_packed_engine,
    .open = open_engine,
    .prepare = prepare,
    .run = run,
    .take_packed = take_packed,
    .shared_bytes = shared_bytes,
    .lanes_bytes = lanes_bytes,
    .time_layer = fovea_layer_time,
    .cost = fovea_cost_cpu,
    .close = close_engine,
};
