/*
 * What a HEIF's index says of its items: their types and sizes, and which are
 * made of which. Read before libheif sees the file, which decodes a tile as
 * often as it is used and trusts an index with much memory.
 */
#ifndef FOVEA_IMAGE_CODEC_HEIF_ITEMS_H
#define FOVEA_IMAGE_CODEC_HEIF_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/input.h"

struct fovea_heif_item {
    uint32_t id;
    char type[4];
    uint32_t width_px; /* as its properties say; 0: they do not */
    uint32_t height_px;
    uint64_t data_at;  /* of its first bytes in the file; 0: elsewhere */
    uint32_t n_places; /* pieces that its bytes lie in */
    uint32_t n_parts;
    bool lacks_part; /* it is made of an item that is not there */
    bool is_part;    /* some other is made of it */
};

/* to is made of from ("dimg"), or from describes to ("auxl"). */
struct fovea_heif_link {
    uint32_t from; /* index of an item */
    uint32_t to;
    bool is_part; /* dimg */
};

struct fovea_heif_items {
    struct fovea_heif_item *items; /* by id */
    size_t n_items;
    struct fovea_heif_link
            *links; /* a tile that is used twice is there twice */
    size_t n_links;
    uint32_t primary; /* index of an item */
    bool is_deep;     /* some have more than 8 bits */
    /* Another reader may find something else in it: numbers of items that are
       there twice, references that do not fill their box, lengths of numbers that
       there are none of, a crop that is larger than any picture. */
    bool is_ambiguous;
    uint64_t index_bytes;
};

/**
 * Read them. What makes no sense is left out: libheif says what is wrong with
 * it. No index, or one without a primary item: n_items is 0.
 *
 * @param items_out  To be finished, in any case.
 * @return FOVEA_OK; FOVEA_ERR_IMAGE_UNSUPPORTED for an index that is longer than
 *         any, or behind too much; FOVEA_ERR_IMAGE_CORRUPT where there are two;
 *         FOVEA_ERR_NO_MEMORY; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_heif_items_read(
        const struct fovea_input *input, struct fovea_heif_items *items_out,
        struct fovea_error *err);
void fovea_heif_items_finish(struct fovea_heif_items *items);

#endif
