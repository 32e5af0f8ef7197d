/*
 * The host's side of the real fovea-worker, as small as tests can do with: one
 * worker at the other end of a socket. Whatever goes wrong in here fails the
 * running test; nothing waits for longer than five minutes.
 */
#ifndef FOVEA_SUPPORT_WORKER_HOST_H
#define FOVEA_SUPPORT_WORKER_HOST_H

#include <sys/types.h>

#include "wire/exit.h"
#include "wire/messages.h"

enum {
    WORKER_PATH_SIZE = 4096
};

struct worker_host {
    pid_t pid;
    int channel;
    int log_fd;
    uint8_t *buffer;
    struct fovea_hello hello;
    /* What it is told when it asks for memory; how often it has, and for how
       much the last time. */
    struct fovea_grant grant;
    size_t n_needs;
    uint64_t needed_bytes;
};

/** Set by the test's main: the program, and what the build can do. */
struct worker_program {
    const char *path;
    enum fovea_sandbox sandbox;
};
extern struct worker_program worker_program;

/** Read them from the arguments: the program, "enabled" or "disabled". */
void worker_arguments(int argc, char **argv);

/** The path of a file in the source tree. */
void worker_path(const char *rest, char path_out[WORKER_PATH_SIZE]);

/** Start the program and hear its HELLO. */
struct worker_host worker_start(void);

/** Start it without waiting for anything. */
struct worker_host worker_spawn(void);

/** Close the channel, expect the worker to end with this exit code. */
void worker_end(struct worker_host *host, enum fovea_worker_exit expected);

/** The worker is expected to end by itself. */
void worker_expect_exit(struct worker_host *host,
        enum fovea_worker_exit expected);

/** A LOAD of tests/golden/models/<name> in float32, one thread, batches of 8,
 *  the sandbox as the build has it, default limits. */
struct fovea_load worker_load_of(const char *name);

/** Send LOAD. fd: packed weights, or -1. */
void worker_send_load(struct worker_host *host, const struct fovea_load *load,
        int fd);

/** Send LOAD and expect READY.
 *
 *  @param packed_out  The packed weights that came with it, or -1. */
struct fovea_ready worker_load(struct worker_host *host,
        const struct fovea_load *load, int fd, int *packed_out);

/** Send LOAD and expect FAILED. */
struct fovea_failed worker_fail(struct worker_host *host,
        const struct fovea_load *load, int fd);

/** Receive one frame of this type. */
void worker_receive(struct worker_host *host, enum fovea_frame_type type,
        struct fovea_frame *frame_out);

/** Send a JOB of n open files, and an output unless it is -1. */
void worker_send_job(struct worker_host *host, uint64_t id, const int *fds,
        size_t n, bool raw, int output);

/** Answer a NEED. */
void worker_grant(struct worker_host *host, const struct fovea_frame *frame);

/** Receive what comes of it, memory granted as host->grant says.
 *
 *  @param vectors  [n][dimension]; dimension 0: pixels. */
void worker_receive_job(struct worker_host *host, uint64_t id, size_t n,
        size_t dimension, struct fovea_result *results, float *vectors);

/** Open files by their paths in the source tree, embed them all. */
void worker_embed(struct worker_host *host, const char *const *paths, size_t n,
        bool raw, size_t dimension, struct fovea_result *results,
        float *vectors);

#endif
