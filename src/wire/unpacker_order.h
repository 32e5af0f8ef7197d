/*
 * What fovea-unpacker is started for: numbers, as its arguments. No name of a
 * file is among them, so that a list of processes shows none.
 */
#ifndef FOVEA_WIRE_UNPACKER_ORDER_H
#define FOVEA_WIRE_UNPACKER_ORDER_H

#include <stdint.h>

#include "fovea/options.h"

struct fovea_unpacker_order {
    uint64_t counts;  /* 1: go over the data, tell where members stand */
    uint64_t sandbox; /* enum fovea_sandbox, not DEFAULT */
    uint64_t max_memory_bytes;
    uint64_t max_expansion;
    uint64_t max_members;
    uint64_t max_member_bytes;
    uint64_t first;  /* number of the first member */
    uint64_t count;  /* members; 0: to the end */
    uint64_t offset; /* where in the input the first one's header is, or 0 */
};

enum {
    FOVEA_UNPACKER_N_NUMBERS =
            sizeof(struct fovea_unpacker_order) / sizeof(uint64_t),
    FOVEA_UNPACKER_NUMBER_SIZE = 21, /* digits and a NUL */
    FOVEA_UNPACKER_INPUT_FD = 0,
    FOVEA_UNPACKER_OUTPUT_FD = 1,
};

/** Arguments of a program, and where they stand. */
struct fovea_unpacker_arguments {
    char *all[FOVEA_UNPACKER_N_NUMBERS + 2]; /* its name first, NULL last */
    char numbers[FOVEA_UNPACKER_N_NUMBERS][FOVEA_UNPACKER_NUMBER_SIZE];
};

/** name: borrowed as long as the arguments. */
void fovea_unpacker_order_write(const struct fovea_unpacker_order *order,
        char *name, struct fovea_unpacker_arguments *arguments_out);

/** Read argv. False: these are none. */
FOVEA_NODISCARD bool fovea_unpacker_order_read(int argc, char *const *argv,
        struct fovea_unpacker_order *order_out);

#endif
