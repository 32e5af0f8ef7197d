/*
 * A file of vectors: rows of one size that are appended and never rewritten.
 *
 * A row holds its values as they are stored (float32 or float16) and, apart from
 * them, what the scan reads instead: int8 codes of its direction with a scale and
 * a residual (store/codes.h). Values and codes have checksums, which know the
 * segment and the row's number, so that a row of elsewhere is none here.
 *
 * How many rows a segment has is said by whoever keeps the list of segments: a
 * row counts once that list says so, and what a file has behind its last row is
 * a tail that was never committed. It is ignored, and written over by the next
 * append. The order is append, sync, then commit the number of rows.
 *
 * A file is read by position and never mapped: one that somebody cuts while it is
 * read is damage (FOVEA_ERR_INDEX_DAMAGED), not SIGBUS, which a library could not
 * catch. Nothing in a file is believed before it was compared with the file's
 * size and with what the caller expects.
 *
 * Threads: whatever reads may be called from many threads at once; append, sync
 * and extend by one, while nobody else uses the same handle. Several handles and
 * processes may read a file that another one appends to.
 */
#ifndef FOVEA_STORE_SEGMENT_H
#define FOVEA_STORE_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "store/segment_spec.h"

struct fovea_segment;

/**
 * Create a segment without rows, for appending. It is on the disk, and its name
 * in the folder, when this returns. The file is for its owner alone (0600).
 *
 * @param path  Nothing may stand there.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a spec out of range;
 *         FOVEA_ERR_OUTPUT_REFUSED if there is something;
 *         FOVEA_ERR_FILE_NOT_FOUND, FOVEA_ERR_FILE_DENIED, FOVEA_ERR_DISK_FULL,
 *         FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY. The message names the path.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_create(const char *path,
        const struct fovea_segment_spec *spec,
        struct fovea_segment **segment_out, struct fovea_error *err);

/** For what a segment is opened. */
enum fovea_segment_use {
    FOVEA_SEGMENT_READ,
    FOVEA_SEGMENT_APPEND,
};

/**
 * Open a segment that has n_rows rows.
 *
 * @param spec  What it must be; capacity 0 is any.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_DAMAGED if the header is not that of this
 *         segment or the file is too short for n_rows; FOVEA_ERR_INDEX_NEWER for
 *         a header of a later version; FOVEA_ERR_FILE_NOT_FOUND,
 *         FOVEA_ERR_FILE_DENIED, FOVEA_ERR_NOT_A_FILE, FOVEA_ERR_IO,
 *         FOVEA_ERR_NO_MEMORY. The message names the path.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_open(const char *path,
        const struct fovea_segment_spec *spec, uint64_t n_rows,
        enum fovea_segment_use use, struct fovea_segment **segment_out,
        struct fovea_error *err);

/** Close. NULL is fine. What was not synced may not be on the disk. */
void fovea_segment_close(struct fovea_segment *segment);

/** What it is, with its capacity. Lives as long as the segment. */
const struct fovea_segment_spec *fovea_segment_describe(
        const struct fovea_segment *segment);

/** Rows that can be read; those that were appended by this handle included. */
uint64_t fovea_segment_n_rows(const struct fovea_segment *segment);

/** Bytes of a segment's file that has n_rows rows. */
uint64_t fovea_segment_size(const struct fovea_segment *segment,
        uint64_t n_rows);

/**
 * Append rows.
 *
 * @param rows  [n_rows][dimension], row-major, finite, none all zeros: only their
 *              direction counts. Rounded to what is stored.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, and nothing appended, for a row that has
 *         no direction (also one that has none after rounding to float16) or more
 *         rows than there is room for; FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO,
 *         FOVEA_ERR_NO_MEMORY: nothing is appended, and what was written is a
 *         tail.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_append(
        struct fovea_segment *segment, const float *rows, size_t n_rows,
        struct fovea_error *err);

/** Wait until all rows are on the disk. FOVEA_OK, FOVEA_ERR_DISK_FULL,
 *  FOVEA_ERR_IO: nothing that was appended since the last sync may be
 *  committed. */
FOVEA_NODISCARD enum fovea_status fovea_segment_sync(
        struct fovea_segment *segment, struct fovea_error *err);

/** Of one that is read: another has committed rows, there are n_rows now (not
 *  fewer than before). FOVEA_OK, FOVEA_ERR_INDEX_DAMAGED, FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_segment_extend(
        struct fovea_segment *segment, uint64_t n_rows,
        struct fovea_error *err);

/**
 * Read stored values, checked.
 *
 * @param first, n_rows  Within the segment's rows.
 * @param rows_out       [n_rows][dimension]; unspecified on failure.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_DAMAGED if a row is not what was written;
 *         FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_read(
        const struct fovea_segment *segment, uint64_t first, size_t n_rows,
        float *rows_out, struct fovea_error *err);

/**
 * Compare values and codes of rows with their checksums.
 *
 * @param n_good_out  On success and on damage: how many rows from `first` on are
 *                    whole. With damage the row first + *n_good_out is not; go on
 *                    behind it for others.
 * @return FOVEA_OK; FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_verify(
        const struct fovea_segment *segment, uint64_t first, uint64_t n_rows,
        uint64_t *n_good_out, struct fovea_error *err);

#endif
