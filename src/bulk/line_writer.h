/*
 * Lines to standard output that end whole.
 *
 * The reader may be slow, or not read at all, and a write to a full pipe waits.
 * So no piece is larger than a pipe takes at once, and each is written only when
 * there is room: between two pieces the writer notices that it is to stop. A line
 * that is half written then can still be finished.
 */
#ifndef FOVEA_BULK_LINE_WRITER_H
#define FOVEA_BULK_LINE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** Bytes to write, and how far that is; begun at 0. */
struct fovea_line_writer {
    int fd;
    const char *text; /* lines, each with its end; borrowed */
    size_t size;
    size_t done;
};

/**
 * Write all that is left.
 *
 * @param attention_fd  -1, or what is readable once writing is to stop.
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED (attention); FOVEA_ERR_OUTPUT_CLOSED;
 *         FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_line_writer_write(
        struct fovea_line_writer *writer, int attention_fd,
        struct fovea_error *err);

/**
 * Write what is left of a line that has begun, and wait a few seconds at most
 * for the reader.
 *
 * @return As above; FOVEA_ERR_DEADLINE if it was not taken.
 */
FOVEA_NODISCARD enum fovea_status fovea_line_writer_finish_line(
        struct fovea_line_writer *writer, int attention_fd,
        struct fovea_error *err);

#endif
