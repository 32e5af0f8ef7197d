/*
 * Where things are in a segment's file.
 *
 *     header   a page: struct fovea_segment_header, then zeros
 *     block    of block_rows rows, as many as there are:
 *       codes    [block_rows][code_size]    uint8, with 128 added
 *       marks    [block_rows]               struct fovea_codes_mark
 *       records  [block_rows][record_size]  values, zeros, struct
 *                                           fovea_segment_checks
 *
 * Blocks and what is in them begin at fixed places, so that a row is found by its
 * number and a block's codes, which are all that the scan reads of most rows, lie
 * together. Places of rows that are not there are holes; a file ends with the
 * record of its last row. All numbers are little-endian.
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
    FOVEA_SEGMENT_BLOCK_BYTES = 1 << 18, /* codes of a block, about */
    FOVEA_SEGMENT_MAX_BLOCK_ROWS = 1024,
    FOVEA_SEGMENT_MIN_BLOCK_ROWS = 16,
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

/** Sizes in bytes, places from the begin of a block. */
struct fovea_segment_layout {
    size_t dimension;
    size_t value_size;
    size_t code_size;
    size_t record_size;
    size_t block_rows;
    uint64_t marks_at;
    uint64_t records_at;
    uint64_t block_size;
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

/** Where the block of a row begins, in the file. */
static inline uint64_t
fovea_segment_block_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    return FOVEA_SEGMENT_PAGE + row / layout->block_rows * layout->block_size;
}

/** Where the codes, the mark and the record of a row are, in the file. */
static inline uint64_t
fovea_segment_codes_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    return fovea_segment_block_at(layout, row) +
            row % layout->block_rows * layout->code_size;
}

static inline uint64_t
fovea_segment_mark_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    return fovea_segment_block_at(layout, row) + layout->marks_at +
            row % layout->block_rows * sizeof(struct fovea_codes_mark);
}

static inline uint64_t
fovea_segment_record_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    return fovea_segment_block_at(layout, row) + layout->records_at +
            row % layout->block_rows * layout->record_size;
}

/** Rows from `row` to the end of its block, at most n. */
static inline size_t
fovea_segment_rows_together(const struct fovea_segment_layout *layout,
        uint64_t row, uint64_t n)
{
    uint64_t left = layout->block_rows - row % layout->block_rows;
    return (size_t)(left < n ? left : n);
}

#endif
