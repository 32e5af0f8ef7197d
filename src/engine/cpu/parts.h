/* What a forward pass spends its time on, for whoever measures it. */
#ifndef FOVEA_ENGINE_CPU_PARTS_H
#define FOVEA_ENGINE_CPU_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fovea_part {
    FOVEA_PART_EMBED, /* patches, or words, to tokens */
    FOVEA_PART_NORMS,
    FOVEA_PART_QKV,
    FOVEA_PART_ATTENTION,
    FOVEA_PART_OUT,
    FOVEA_PART_MLP,
    FOVEA_PART_HEAD, /* all that follows the layers */
    FOVEA_N_PARTS
};

/* Nanoseconds of each, added up. */
struct fovea_part_clock {
    int64_t (*now_ns)(void);
    int64_t last_ns; /* when the part before ended */
    int64_t ns[FOVEA_N_PARTS];
    bool is_in_head; /* whatever ends now is a part of it */
};

/** Say that a part has ended: the time since the one before is its own. A clock of
 *  NULL is none. */
static inline void
fovea_part_end(struct fovea_part_clock *clock, enum fovea_part part)
{
    if (clock) {
        const int64_t now = clock->now_ns();
        clock->ns[clock->is_in_head ? FOVEA_PART_HEAD : part] +=
                now - clock->last_ns;
        clock->last_ns = now;
    }
}

/** Say that a pass begins, and that its layers have ended. */
static inline void
fovea_part_begin(struct fovea_part_clock *clock)
{
    if (clock) {
        clock->is_in_head = false;
        clock->last_ns = clock->now_ns();
    }
}

static inline void
fovea_part_enter_head(struct fovea_part_clock *clock)
{
    if (clock) {
        clock->is_in_head = true;
    }
}

#endif
