/*
 * Writing under a limit on the size of files (ulimit -f): too large is an error
 * of the write, EFBIG, and not a signal that ends the host, which is the kernel's
 * way. Memory that is a file (memfd) counts as one.
 *
 *     fovea_file_limit_hold(&hold);
 *     n = write(...);
 *     fovea_file_limit_release(&hold);
 */
#ifndef FOVEA_SYS_FILE_LIMIT_H
#define FOVEA_SYS_FILE_LIMIT_H

#include <signal.h>

struct fovea_file_limit {
    sigset_t before;
};

/** Keep SIGXFSZ from this thread. */
void fovea_file_limit_hold(struct fovea_file_limit *hold);

/** Drop the one that may have come, and let others through as before. errno
 *  stays what it is. */
void fovea_file_limit_release(const struct fovea_file_limit *hold);

/** Behind what could not be written to memory: for EFBIG that it has to do with
 *  ulimit -f, which nobody would think of; else nothing. */
const char *fovea_file_limit_hint(int error);

#endif
