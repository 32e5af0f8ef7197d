/*
 * How many inputs there are, found out by a thread of its own while they are
 * already being worked on, for the progress line. A list on standard input
 * cannot be read twice: with one the total stays unknown.
 */
#ifndef FOVEA_BULK_COUNT_H
#define FOVEA_BULK_COUNT_H

#include <stdint.h>

#include "bulk/inputs.h"

struct fovea_count;

/** Begin to count. NULL if it cannot be: only the progress line suffers. */
struct fovea_count *fovea_count_start(
        const struct fovea_inputs_settings *inputs);

/** The number of inputs, 0 while it is not known. */
uint64_t fovea_count_total(const struct fovea_count *count);

/** Stop counting and free; NULL is fine. */
void fovea_count_stop(struct fovea_count *count);

#endif
