/*
 * Where things are in a segment's file.
 *
 *     header   a page: struct fovea_segment_header, then zeros
 *     block    of rows, as many as there are before it; the first of block_rows:
 *       codes    [rows][code_size]    uint8, with 128 added
 *       marks    [rows]               struct fovea_codes_mark
 *       records  [rows][record_size]  values, zeros, struct fovea_segment_checks
 *
 * Blocks and what is in them begin at fixed places, so that a row is found by its
 * number and the codes, which are all that the scan reads of most rows, lie
 * together: many of them, because the system reads ahead, and keeps in memory, in
 * larger pieces the longer a run of a file is; and not more than there are rows
 * already, so that a file of few rows is small. Places of rows that are not there
 * are holes; a file ends with the record of its last row. All numbers are
 * little-endian.
 */
#ifndef FOVEA_STORE_SEGMENT_LAYOUT_H
#define FOVEA_STORE_SEGMENT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "store/codes.h"
#include "store/segment_spec.h"

enum {
    FOVEA_SEGMENT_VERSION = 1,
    FOVEA_SEGMENT_PAGE = 4096,
    FOVEA_SEGMENT_BLOCK_ROWS = 512, /* of the first block; times the size of a
                                       mark a number of pages */
};

struct fovea_segment_header {
    char magic[8];
    uint32_t version;
    uint32_t store;
    uint32_t dimension;
    uint32_t capacity;
    uint32_t block_rows;
    uint32_t reserved;
    uint64_t number;
    uint8_t set_id[FOVEA_SEGMENT_ID_SIZE];
    uint64_t checksum; /* of all that is before */
};
_Static_assert(sizeof(struct fovea_segment_header) == 64, "no padding");

/** Behind a row's values. */
struct fovea_segment_checks {
    uint64_t values;
    uint64_t codes; /* and the mark */
};

/** Sizes in bytes. */
struct fovea_segment_layout {
    size_t dimension;
    size_t value_size;
    size_t code_size;
    size_t record_size;
    uint64_t seed; /* for checksums: the header's */
};

/** The header of a new segment; its spec is in range. */
void fovea_segment_header_make(const struct fovea_segment_spec *spec,
        struct fovea_segment_header *header_out);

/**
 * Check a header that was read, and say what is in it.
 *
 * @return FOVEA_OK, FOVEA_ERR_INDEX_DAMAGED, FOVEA_ERR_INDEX_NEWER.
 */
FOVEA_NODISCARD enum fovea_status fovea_segment_header_check(
        const struct fovea_segment_header *header,
        struct fovea_segment_spec *spec_out, struct fovea_error *err);

/** Whether a spec is in range. */
bool fovea_segment_spec_is_good(const struct fovea_segment_spec *spec);

/** Of a header that was made or checked. */
void fovea_segment_layout_init(const struct fovea_segment_header *header,
        struct fovea_segment_layout *layout_out);

/** A block: of which row it begins with, and how many it has. */
struct fovea_segment_block {
    uint64_t first;
    uint64_t n_rows;
    uint64_t at; /* in the file */
};

/** The block that a row is in. */
struct fovea_segment_block fovea_segment_block(
        const struct fovea_segment_layout *layout, uint64_t row);

/** Where the codes, the mark and the record of a row are, in the file. */
uint64_t fovea_segment_codes_at(const struct fovea_segment_layout *layout,
        uint64_t row);
uint64_t fovea_segment_mark_at(const struct fovea_segment_layout *layout,
        uint64_t row);
uint64_t fovea_segment_record_at(const struct fovea_segment_layout *layout,
        uint64_t row);

/** Rows from `row` to the end of its block, at most n. */
size_t fovea_segment_rows_together(const struct fovea_segment_layout *layout,
        uint64_t row, uint64_t n);

#endif
