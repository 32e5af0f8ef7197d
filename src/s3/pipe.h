/*
 * A pipe that a thread fills from a store or a server, for who reads files and pipes:
 * it goes as fast as it is read, and what fails is told at its end.
 */
#ifndef FOVEA_S3_PIPE_H
#define FOVEA_S3_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/status.h"

struct fovea_s3;
struct fovea_s3_pipe;
struct fovea_s3_settings;

/** Fill the pipe by fovea_s3_pipe_write(), from its thread, with a client that stops
 *  when the pipe is closed. What it returns is the pipe's failure. */
typedef enum fovea_status fovea_s3_fill_fn(void *context, struct fovea_s3 *s3,
        struct fovea_s3_pipe *pipe, struct fovea_error *err);

/**
 * Begin to fill a pipe.
 *
 * @param settings  Copied, but for what stops it.
 * @param context   Borrowed until the close.
 * @param fd_out    The pipe's other end, the caller's to close.
 * @return FOVEA_OK; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_ARGUMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_pipe_open(
        const struct fovea_s3_settings *settings, fovea_s3_fill_fn *fill,
        void *context, struct fovea_s3_pipe **pipe_out, int *fd_out,
        struct fovea_error *err);

/** Write all bytes, waiting for who reads. False, with err filled in: nobody reads
 *  any more, or it is to stop. A fovea_receive_fn. */
bool fovea_s3_pipe_write(void *pipe, const void *bytes, size_t n,
        struct fovea_error *err);

/** Break it off, wait for the thread, and free everything. NULL is fine. */
void fovea_s3_pipe_close(struct fovea_s3_pipe *pipe);

/** Whether who reads the pipe waits for bytes that have not come. */
bool fovea_s3_pipe_is_awaited(struct fovea_s3_pipe *pipe);

/** Why it ended early: FOVEA_OK if it did not, or has not yet. The pipe ends after
 *  that is known. */
enum fovea_status fovea_s3_pipe_failure(struct fovea_s3_pipe *pipe,
        struct fovea_error *err);

#endif
