/* See choice.h. */
#include "spec/choice.h"

#include "base/macros.h"

enum {
    LEAST_ROUNDS = 3,
    MOST_ROUNDS = 16,
};

/* After this no round begins but those that there are to be. */
#define ENOUGH_NS UINT64_C(40000000)

struct fovea_choice_shape
fovea_choice_shape_of(const struct fovea_tower *tower)
{
    const size_t n_tokens = fovea_tower_tokens(tower);
    uint32_t grid = 1;
    while (grid < FOVEA_CHOICE_MOST_GRID && grid * grid + 1 < n_tokens) {
        grid++;
    }
    return (struct fovea_choice_shape){ tower->width, tower->mlp,
        tower->n_heads, grid };
}

bool
fovea_choice_shape_is_good(const struct fovea_choice_shape *shape)
{
    return shape->width >= 1 && shape->width <= FOVEA_MAX_WIDTH &&
            shape->mlp >= 1 && shape->mlp <= FOVEA_MAX_MLP &&
            shape->n_heads >= 1 && shape->width % shape->n_heads == 0 &&
            shape->grid >= 1 && shape->grid <= FOVEA_CHOICE_MOST_GRID;
}

/* A layer's matrices in float32 and in bfloat16; rows, of which there are few beside
   them, and what is lost by padding. */
uint64_t
fovea_choice_bytes(const struct fovea_choice_shape *shape)
{
    const uint64_t width = shape->width;
    const uint64_t weights = 4 * width * width + 2 * width * shape->mlp;
    const uint64_t pair = sizeof(float) + sizeof(uint16_t);
    return weights * pair + weights * pair / 4;
}

bool
fovea_choice_times_are_good(const struct fovea_choice_times *times)
{
    return times->f32_ns > 0 && times->f32_ns <= FOVEA_CHOICE_MOST_NS &&
            times->bf16_ns > 0 && times->bf16_ns <= FOVEA_CHOICE_MOST_NS;
}

enum fovea_dtype
fovea_choice_decide(const struct fovea_choice_times *times)
{
    return times->f32_ns * 100 >= times->bf16_ns * FOVEA_CHOICE_LEAST_GAIN_PCT
            ? FOVEA_DTYPE_BF16
            : FOVEA_DTYPE_F32;
}

/* least_out: of what was there and this run. */
static enum fovea_status
time_once(const struct fovea_choice_work *work, enum fovea_dtype dtype,
        uint64_t *least_out, struct fovea_error *err)
{
    const uint64_t start = work->now_ns(work->context);
    const enum fovea_status status = work->run(work->context, dtype, err);
    const uint64_t taken = work->now_ns(work->context) - start;
    *least_out = taken < *least_out ? taken : *least_out;
    return status;
}

enum fovea_status
fovea_choice_measure(const struct fovea_choice_work *work,
        struct fovea_choice_times *times_out, struct fovea_error *err)
{
    struct fovea_choice_times times = { UINT64_MAX, UINT64_MAX };
    /* Code is generated and memory met for the first time. */
    enum fovea_status status = work->run(work->context, FOVEA_DTYPE_F32, err);
    if (!status) {
        status = work->run(work->context, FOVEA_DTYPE_BF16, err);
    }
    const uint64_t start = work->now_ns(work->context);
    for (unsigned i = 0; i < MOST_ROUNDS && !status; i++) {
        if (i >= LEAST_ROUNDS &&
                work->now_ns(work->context) - start >= ENOUGH_NS) {
            break;
        }
        status = time_once(work, FOVEA_DTYPE_F32, &times.f32_ns, err);
        if (!status) {
            status = time_once(work, FOVEA_DTYPE_BF16, &times.bf16_ns, err);
        }
    }
    if (!status) {
        *times_out = times;
    }
    return status;
}
