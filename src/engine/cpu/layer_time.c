/*
 * See layer_time.h. What is run is the layer of layers.c on a plan of plan.c, with
 * weights that nobody trained: their values change no time, as long as none is
 * denormal. Time is the thread's own, so that other processes cost no round.
 */
#include "engine/cpu/layer_time.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/cpu/layers.h"
#include "engine/cpu/machine.h"
#include "sys/pages.h"

enum {
    PATCH_PX = 16,
    /* Of every byte: 0.011 in float32 and in bfloat16. */
    FILLING = 0x3c,
};

struct side {
    struct fovea_weights *weights;
    struct fovea_plan *plan;
};

struct bench {
    struct side sides[FOVEA_N_DTYPES]; /* F32 and BF16 */
};

/* Two layers, of which the first one is whole. */
static struct fovea_tower
make_tower(const struct fovea_choice_shape *shape)
{
    return (struct fovea_tower){
        .modality = FOVEA_MODALITY_IMAGE,
        .width = shape->width,
        .mlp = shape->mlp,
        .n_layers = 2,
        .n_heads = shape->n_heads,
        .side_px = shape->grid * PATCH_PX,
        .patch_px = PATCH_PX,
        .has_class_token = true,
        .pooling = FOVEA_POOLING_CLASS,
        .dimension = shape->width,
        .activation = FOVEA_ACTIVATION_GELU,
        .eps = 1e-5F,
        .family = FOVEA_FAMILY_CLIP,
    };
}

/* All that lies in front of the second layer, which is never read, so that it takes
   no memory. */
static size_t
bytes_to_fill(const struct fovea_weights *weights)
{
    const struct fovea_placed *second =
            fovea_weights_at(weights, FOVEA_ROLE_NORM1, 1, 0);
    return (size_t)((const uint8_t *)second->weight -
            (const uint8_t *)weights->block);
}

static enum fovea_status
make_weights(const struct fovea_tower *tower, enum fovea_dtype dtype,
        struct fovea_weights **weights_out, struct fovea_error *err)
{
    const enum fovea_precision precision = fovea_precision_of(tower, dtype);
    struct fovea_forms forms;
    enum fovea_status status =
            fovea_forms_prefer(tower, precision, &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, weights_out,
                err);
    }
    if (status) {
        return status;
    }
    struct fovea_weights *weights = *weights_out;
    weights->mapping_size = weights->block_size;
    weights->mapping = fovea_pages_map(weights->mapping_size);
    if (!weights->mapping) {
        return fovea_fail_memory(err, weights->mapping_size,
                "measuring a layer");
    }
    fovea_weights_place(weights, weights->mapping);
    memset(weights->mapping, FILLING, bytes_to_fill(weights));
    return FOVEA_OK;
}

static enum fovea_status
side_init(struct side *side, const struct fovea_tower *tower,
        enum fovea_dtype dtype, struct fovea_error *err)
{
    enum fovea_status status = make_weights(tower, dtype, &side->weights, err);
    return status ? status
                  : fovea_plan_create(side->weights, 1, &side->plan, err);
}

static void
side_finish(struct side *side)
{
    fovea_plan_destroy(side->plan);
    fovea_weights_destroy(side->weights);
}

/* One layer of one image. The residual grows by what the layer adds, so it begins
   anew. */
static enum fovea_status
run(void *context, enum fovea_dtype dtype, struct fovea_error *err)
{
    struct fovea_plan *plan = ((struct bench *)context)->sides[dtype].plan;
    const size_t n_rows = plan->sizes.n_tokens;
    const struct fovea_pass pass = {
        .plan = plan,
        .of_rows = plan->sets[1],
        .of_sequences = plan->sets[1],
        .n_rows = n_rows,
        .sequences = plan->sequences,
        .n_sequences = 1,
    };
    for (size_t i = 0; i < n_rows * plan->sizes.hidden; i++) {
        plan->x[i] = (float)(i % 7) - 3;
    }
    return fovea_layer_run(&pass, 0, err);
}

static uint64_t
now_ns(void *context)
{
    (void)context;
    return (uint64_t)fovea_clock_thread_ns();
}

enum fovea_status
fovea_layer_time(const struct fovea_choice_shape *shape,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    FOVEA_ASSERT(fovea_choice_shape_is_good(shape));
    const struct fovea_tower tower = make_tower(shape);
    struct bench bench = { .sides = { { NULL, NULL } } };
    const struct fovea_choice_work work = { run, now_ns, &bench };
    const int before = fovea_machine_set_threads(1);
    enum fovea_status status = side_init(&bench.sides[FOVEA_DTYPE_F32], &tower,
            FOVEA_DTYPE_F32, err);
    if (!status) {
        status = side_init(&bench.sides[FOVEA_DTYPE_BF16], &tower,
                FOVEA_DTYPE_BF16, err);
    }
    if (!status) {
        status = fovea_choice_measure(&work, times_out, err);
    }
    for (size_t i = 0; i < FOVEA_N_DTYPES; i++) {
        side_finish(&bench.sides[i]);
    }
    (void)fovea_machine_set_threads(before);
    return status;
}
