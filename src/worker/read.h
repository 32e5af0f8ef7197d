/*
 * How an item's bytes become a row of numbers: one reader for each form that
 * items have, named in the column `reads` of wire/work.def. All rows of a model
 * and a reader have one size.
 */
#ifndef FOVEA_WORKER_READ_H
#define FOVEA_WORKER_READ_H

#include "image/preprocess.h"
#include "spec/tower.h"
#include "wire/facts.h"
#include "wire/work.h"

/** Where what rows are made by comes from. */
struct fovea_read_origin {
    const char *directory;           /* of the model */
    const struct fovea_tower *tower; /* what the rows are for */
    int table_fd; /* of a tokenizer, compiled by another worker; borrowed; -1:
                     there is none, or none is needed */
};

/** What rows are made by. */
struct fovea_read_options {
    struct fovea_preprocess settings; /* of images */
    struct fovea_limits limits;       /* every field set */
    uint32_t thumbnail_px;            /* longer side */
    /* Of texts. */
    struct fovea_tower tower;          /* what the rows are for */
    struct fovea_tokenizer *tokenizer; /* finish() closes it */
    uint64_t table_bytes;              /* mapped */
};

struct fovea_item_reader {
    /**
     * Read from a model's directory what rows are made by, but for the limits.
     *
     * @param table_fd_out  A tokenizer's table that was compiled here, in sealed
     *                      memory, owned by the caller; else as it was.
     * @return FOVEA_OK; a status of FOVEA_REPORT_OF_LOAD.
     */
    enum fovea_status (*load)(const struct fovea_read_origin *origin,
            struct fovea_read_options *options, int *table_fd_out,
            struct fovea_error *err);
    /** Release what load() made, if it made anything. NULL: nothing. */
    void (*finish)(struct fovea_read_options *options);
    /** Bytes of a row. */
    size_t (*row_bytes)(const struct fovea_read_options *options);
    /** Make what a sealed process could not. NULL: nothing. */
    void (*warm_up)(void);
    /**
     * Read an item.
     *
     * @param allowance  Asked before memory is taken that is not a row's.
     * @param flags      Of the item.
     * @param row_out    [row_bytes]; unspecified on failure.
     * @param facts_out  All zero before; of an image, on success, what is known
     *                   of it.
     * @return FOVEA_OK, with notes in err; a status of FOVEA_REPORT_OF_ITEM.
     * Threads: safe on distinct inputs and rows.
     */
    enum fovea_status (*read)(const struct fovea_read_options *options,
            const struct fovea_allowance *allowance,
            const struct fovea_work_flags *flags, struct fovea_input *input,
            void *row_out, struct fovea_facts *facts_out,
            struct fovea_error *err);
};

/** struct fovea_text_row (spec/tower.h): ids, filled up to the context. */
extern const struct fovea_item_reader fovea_read_text;

/** struct fovea_tokens_row (wire/tokens.h). */
extern const struct fovea_item_reader fovea_read_tokens;

/** [crop height][crop width][3] uint8 of an image, upright, resized, cropped. */
extern const struct fovea_item_reader fovea_read_image;

/** struct fovea_thumbnail_row (wire/thumbnail.h): a small JPEG of an image. */
extern const struct fovea_item_reader fovea_read_thumbnail;

#endif
