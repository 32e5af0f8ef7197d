/*
 * What FOVEA_DTYPE_AUTO means for a tower on this machine: bfloat16 where it is
 * clearly faster than float32, which no flag of a CPU tells. Some have bfloat16 dot
 * products that are slower than float32, others are twice as fast: so it is measured,
 * once a machine and a shape of layers, and kept (runtime/auto_dtype.h).
 *
 * The rule is here, without a clock, a file or the matrix library. A worker has the
 * library and measures; the host decides.
 */
#ifndef FOVEA_SPEC_CHOICE_H
#define FOVEA_SPEC_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "spec/dtype.h"
#include "spec/tower.h"

enum {
    /* bfloat16 costs some accuracy: it has to be this much faster, in percent. Far
       from where two measurements of the same thing would disagree. */
    FOVEA_CHOICE_LEAST_GAIN_PCT = 115,
    /* Of the picture that is measured with, in patches: more rows take longer and
       say the same. */
    FOVEA_CHOICE_MOST_GRID = 8,
};

/* Of longer times nothing is to be learned. */
#define FOVEA_CHOICE_MOST_NS UINT64_C(1000000000000)

/* What the time of a layer depends on. */
struct fovea_choice_shape {
    uint32_t width;
    uint32_t mlp;
    uint32_t n_heads;
    uint32_t grid; /* patches along a side: grid * grid + 1 tokens */
};

/* Of one layer, one image, one thread: the least of several rounds. */
struct fovea_choice_times {
    uint64_t f32_ns;
    uint64_t bf16_ns;
};

/** What is to be measured for a tower: all towers of one shape share the answer. */
struct fovea_choice_shape fovea_choice_shape_of(
        const struct fovea_tower *tower);

/** Whether a shape is one that fovea_choice_shape_of() could have made. */
bool fovea_choice_shape_is_good(const struct fovea_choice_shape *shape);

/** Bytes that measuring takes besides what any worker takes, at most. */
uint64_t fovea_choice_bytes(const struct fovea_choice_shape *shape);

/** Whether times could have been measured: neither is 0 or endless. */
bool fovea_choice_times_are_good(const struct fovea_choice_times *times);

/** The rule: BF16 if it is FOVEA_CHOICE_LEAST_GAIN_PCT as fast, else F32.
 *  @param times  Good ones. */
enum fovea_dtype fovea_choice_decide(const struct fovea_choice_times *times);

/** How a layer is timed: the caller's means. */
struct fovea_choice_work {
    enum fovea_status (*run)(void *context, enum fovea_dtype dtype,
            struct fovea_error *err);
    uint64_t (*now_ns)(void *context);
    void *context;
};

/**
 * Time both dtypes in turns, so that what else the machine does meets both: some
 * rounds at least, more while they take no time to speak of.
 *
 * @return as run.
 */
FOVEA_NODISCARD enum fovea_status fovea_choice_measure(
        const struct fovea_choice_work *work,
        struct fovea_choice_times *times_out, struct fovea_error *err);

#endif
