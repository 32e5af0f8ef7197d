/*
 * The bytes of one image (or of a weights file), read by position.
 *
 * An input is an open file descriptor or a piece of memory, or a window onto
 * either. Files are read
 * with pread and never mapped: a file that shrinks while it is read gives
 * FOVEA_ERR_IMAGE_TRUNCATED, not SIGBUS, and a big one never stands in memory.
 */
#ifndef FOVEA_SYS_INPUT_H
#define FOVEA_SYS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/limits.h"
#include "fovea/status.h"

struct fovea_input {
    int fd;            /* >= 0: a regular file; -1: memory */
    bool borrows_fd;   /* else finish closes it */
    const void *bytes; /* memory: borrowed unless owned is set */
    void *owned;       /* memory to free in finish, or NULL */
    uint64_t start;    /* in the file: where the input begins */
    uint64_t size;     /* bytes, at the time it was opened */
};

#define FOVEA_INPUT_INIT \
    {                    \
        .fd = -1         \
    }

/**
 * Open a regular file for reading.
 *
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND, FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_NOT_A_FILE (directory, pipe, device: opened without
 *         blocking and closed again), FOVEA_ERR_IO. The message names the path.
 */
FOVEA_NODISCARD enum fovea_status fovea_input_open_file(const char *path,
        struct fovea_input *input_out, struct fovea_error *err);

/** Input over memory that stays the caller's and outlives the input. */
void fovea_input_from_memory(const void *bytes, size_t size,
        struct fovea_input *input_out);

/**
 * A part of an input as an input: at most `size` bytes from `offset` on, fewer
 * where the whole ends before. It lives no longer than the whole.
 */
void fovea_input_window(const struct fovea_input *whole, uint64_t offset,
        uint64_t size, struct fovea_input *input_out);

/** Close or free what the input owns. Fine on FOVEA_INPUT_INIT, and twice. */
void fovea_input_finish(struct fovea_input *input);

/**
 * Read up to size bytes at offset. Short only at the end: *n_out is then less
 * than size, 0 at or past the end.
 *
 * @return FOVEA_OK or FOVEA_ERR_IO.
 * Threads: safe on one input from many threads.
 */
FOVEA_NODISCARD enum fovea_status fovea_input_read(
        const struct fovea_input *input, uint64_t offset, void *buffer,
        size_t size, size_t *n_out, struct fovea_error *err);

/**
 * Give all bytes as one block: the memory itself, or the file's content read
 * into memory that the input then owns (freed in finish).
 *
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY, or
 *         FOVEA_ERR_IMAGE_TRUNCATED if the file became shorter meanwhile.
 */
FOVEA_NODISCARD enum fovea_status fovea_input_load(struct fovea_input *input,
        const uint8_t **bytes_out, size_t *size_out, struct fovea_error *err);

#endif
