/*
 * Sealing a worker: from here on it can compute, answer, and read what it is
 * handed. No files, no network, no programs, no other processes.
 *
 * Write access to generated code is taken away, then come rlimits,
 * no-new-privs, and a seccomp filter (libseccomp) with an allow-list: calls that
 * libraries try harmlessly are answered with EPERM or ENOSYS, all others end the
 * process. Executable memory can no longer be made, nor threads, so everything
 * that the matrix library generates must be generated before, and every thread
 * started.
 */
#ifndef FOVEA_SANDBOX_SANDBOX_H
#define FOVEA_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_sandbox_profile {
    int channel_fd;            /* the socket it may talk on: recvmsg, sendmsg */
    int log_fd;                /* write; -1: none */
    uint64_t max_memory_bytes; /* address space on top of what it has: the most
                                  that decoding may take (RLIMIT_AS) */
    uint64_t max_file_bytes;   /* that may be written to a file it is handed
                                (RLIMIT_FSIZE, pwrite64) */
    unsigned max_files;        /* open at once (RLIMIT_NOFILE) */
};

/**
 * Give up every capability, for good. They are a thread's own: to be called
 * while there is one thread, and after everything is open that needs them.
 * fovea_sandbox_seal() fails where any is left.
 */
void fovea_sandbox_renounce(void);

/**
 * Seal the calling process, all of its threads. Not to be undone.
 *
 * @return FOVEA_OK; FOVEA_ERR_SANDBOX if the kernel refuses or the program was
 *         built without it: what was set until then stays set.
 */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_seal(
        const struct fovea_sandbox_profile *profile, struct fovea_error *err);

#endif
