/* A segment's file. Private to the folder. */
#ifndef FOVEA_STORE_SEGMENT_FILE_H
#define FOVEA_STORE_SEGMENT_FILE_H

#include "base/macros.h"
#include "store/codes.h"
#include "store/segment_layout.h"
#include "sys/input.h"

struct fovea_segment {
    struct fovea_segment_spec spec;
    struct fovea_segment_layout layout;
    struct fovea_input input; /* its size is that of n_rows rows */
    int write_fd;             /* -1: to be read only */
    uint64_t n_rows;
    char *path; /* for messages */
};

/** Close and free. NULL is fine. */
void fovea_segment_file_close(struct fovea_segment *segment);
FOVEA_DEFINE_AUTO(struct fovea_segment *, fovea_segment_file_close);

/** A segment without a file; NULL without memory. */
FOVEA_NODISCARD struct fovea_segment *fovea_segment_file_new(const char *path);

/** Bytes up to the end of the last of n_rows rows. */
uint64_t fovea_segment_file_end(const struct fovea_segment_layout *layout,
        uint64_t n_rows);

/** Read exactly size bytes; fewer are damage. The message names the file. */
FOVEA_NODISCARD enum fovea_status fovea_segment_file_read(
        const struct fovea_segment *segment, uint64_t offset, void *buffer,
        size_t size, struct fovea_error *err);

/** Read codes and marks of rows of one block. */
FOVEA_NODISCARD enum fovea_status fovea_segment_read_codes(
        const struct fovea_segment *segment, uint64_t row, size_t n_rows,
        uint8_t *codes_out, struct fovea_codes_mark *marks_out,
        struct fovea_error *err);

/** FOVEA_ERR_INDEX_DAMAGED of a row, by its number here. */
enum fovea_status fovea_segment_row_damaged(const struct fovea_segment *segment,
        uint64_t row, struct fovea_error *err);

#endif
