/*
 * System calls that write, counted, and on order the k-th one ends the process or
 * fails: what a kill or a full disk at any moment does. A program that is built with
 * step.c and exports its names (tests/unit/meson.build) has them in place of the C
 * library's, for the libraries that it uses as well.
 */
#ifndef FOVEA_SUPPORT_STEP_H
#define FOVEA_SUPPORT_STEP_H

#include <stdbool.h>
#include <stddef.h>

enum step_fault {
    STEP_COUNT, /* nothing happens */
    STEP_KILL,  /* SIGKILL in place of it; half of what was to be written is */
    STEP_NO_ROOM, /* ENOSPC, and after it no write succeeds until step_end() */
};

/** Begin to count; at the k-th call (1 is the next) the fault comes. */
void step_begin(enum step_fault fault, size_t k);

/** Be done with it. How many calls there were. */
size_t step_end(void);

/** Whether the fault came. */
bool step_came(void);

#endif
