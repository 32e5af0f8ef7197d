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

/** Which system calls a sealed process may make: tables of rules.c. */
enum fovea_sandbox_rules {
    FOVEA_SANDBOX_RULES_CODECS,   /* codecs, tokenizers, computing on the CPU */
    FOVEA_SANDBOX_RULES_UNPACKER, /* one input, one output, and memory */
};

struct fovea_sandbox_profile {
    enum fovea_sandbox_rules rules;
    int channel_fd; /* what it may talk on: recvmsg and sendmsg on a socket; of
                       an unpacker write to its output */
    int log_fd;     /* write; -1: none */
    /* On top of the data that it has: what it may have more at any time
       (RLIMIT_DATA's soft limit), and what it may be allowed besides (the hard
       limit, and RLIMIT_AS). */
    uint64_t memory_bytes;
    uint64_t max_more_bytes;
    uint64_t max_file_bytes; /* that may be written to a file it is handed
                                (RLIMIT_FSIZE, pwrite64) */
    unsigned max_files;      /* open at once (RLIMIT_NOFILE) */
};

/**
 * Drop every capability, for good. They are a thread's own: to be called
 * while there is one thread, and after everything is open that needs them.
 * fovea_sandbox_seal() fails where any is left.
 */
void fovea_sandbox_drop_capabilities(void);

/**
 * Seal the calling process, all of its threads. Not to be undone.
 *
 * @return FOVEA_OK; FOVEA_ERR_SANDBOX if the kernel refuses or the program was
 *         built without it: what was set until then stays set.
 */
FOVEA_NODISCARD enum fovea_status fovea_sandbox_seal(
        const struct fovea_sandbox_profile *profile, struct fovea_error *err);

/** How much data this process may have: its soft RLIMIT_DATA. Whoever asks for
 *  more than that is given none. */
uint64_t fovea_sandbox_memory(void);

/** Set that, up to what the seal's profile allows. A sealed process may. */
void fovea_sandbox_set_memory(uint64_t bytes);

#endif
