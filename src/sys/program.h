/* Where the programs are that fovea starts. */
#ifndef FOVEA_SYS_PROGRAM_H
#define FOVEA_SYS_PROGRAM_H

#include "fovea/export.h"
#include "fovea/status.h"

enum fovea_program {
    FOVEA_PROGRAM_WORKER,   /* fovea-worker, $FOVEA_WORKER */
    FOVEA_PROGRAM_UNPACKER, /* fovea-unpacker, $FOVEA_UNPACKER */
    FOVEA_PROGRAM_BENCH,    /* fovea-bench-engine, $FOVEA_BENCH_ENGINE */
};

/**
 * Find a program: the wish if there is one; its variable of the environment
 * (not in a program that runs with more rights than its user's); beside the
 * running program; beside this library; ../libexec/fovea and
 * ../../libexec/fovea from either; where it was configured to be installed.
 *
 * @param wish      NULL: none.
 * @param path_out  Absolute; owned by the caller.
 * @return FOVEA_OK; FOVEA_ERR_WORKER_START if there is none that can be run
 *         (the message says where it was looked for); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_program_find(enum fovea_program which,
        const char *wish, char **path_out, struct fovea_error *err);

#endif
