/*
 * Inside of the JPEG 2000 decoder.
 *
 *   decode_jpeg2000.c  by OpenJPEG: opening, reading, its errors
 *   jpeg2000_head.c    what the boxes and the markers say, before OpenJPEG looks
 *   jpeg2000_price.c   what decoding will take
 *   jpeg2000_rows.c    a row of decoded components to RGB
 *
 * OpenJPEG takes memory for each tile, component and code block that a header
 * speaks of. So the headers are walked over here first: all marker segments, of
 * the tile-parts too.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG2000_H
#define FOVEA_IMAGE_CODEC_JPEG2000_H

#include "image/image.h"

enum {
    FOVEA_JPEG2000_MAX_COMPONENTS = 4,
    FOVEA_JPEG2000_MAX_LEVELS = 32,
    FOVEA_JPEG2000_MAX_BITS = 16,
    FOVEA_JPEG2000_MAX_PARTS = 65535,    /* tile-parts that are looked at */
    FOVEA_JPEG2000_MAX_SEGMENTS = 262144 /* and marker segments of them all */
};

struct fovea_jpeg2000_component {
    unsigned bits;
    uint32_t dx; /* columns and rows of the picture that share a sample */
    uint32_t dy;
};

/* Of all tiles and components the one that costs most. */
struct fovea_jpeg2000_coding {
    unsigned n_levels;
    unsigned least_levels; /* but of all the one that has fewest */
    unsigned n_layers;
    unsigned block_width; /* log2 of a code block's sides */
    unsigned block_height;
    /* log2 of a precinct's sides, for each resolution, the smallest first */
    unsigned precinct_width[FOVEA_JPEG2000_MAX_LEVELS + 1];
    unsigned precinct_height[FOVEA_JPEG2000_MAX_LEVELS + 1];
};

struct fovea_jpeg2000 {
    bool has_boxes;     /* JP2, else a bare codestream */
    uint64_t at;        /* of the codestream */
    uint64_t end;       /* as far as the file has it */
    bool is_cut;        /* some of it is missing */
    bool is_open;       /* its last part has no length, and no end */
    uint32_t colours;   /* enumerated colour space; 0: none is given */
    unsigned n_palette; /* columns of the palette; 0: none */
    uint32_t width_px;
    uint32_t height_px;
    uint32_t left_px; /* where the picture begins on its grid */
    uint32_t top_px;
    uint32_t tile_width_px;
    uint32_t tile_height_px;
    uint64_t n_tiles;
    unsigned n_components;
    struct fovea_jpeg2000_component components[FOVEA_JPEG2000_MAX_COMPONENTS];
    struct fovea_jpeg2000_coding coding;
};

/**
 * Walk over boxes and markers.
 *
 * @return FOVEA_OK, also where the codestream is cut; FOVEA_ERR_IMAGE_TRUNCATED
 *         if there is too little of it to say what it is;
 *         FOVEA_ERR_IMAGE_CORRUPT; FOVEA_ERR_IMAGE_UNSUPPORTED, which says what
 *         is not; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg2000_read_head(
        const struct fovea_input *input, struct fovea_jpeg2000 *head_out,
        struct fovea_error *err);

/** Fill in what decoding will take, to rows that are so many times smaller than
 *  the picture, which the info has already. */
void fovea_jpeg2000_price(const struct fovea_jpeg2000 *head, unsigned shrink,
        struct fovea_image_info *info);

/* Samples of a component as they were decoded. */
struct fovea_jpeg2000_plane {
    const int32_t *samples; /* [height][width] */
    uint32_t width;
    uint32_t height;
    uint32_t dx;
    uint32_t dy;
    unsigned bits;
    bool is_signed;
};

/* How components become colours. */
struct fovea_jpeg2000_picture {
    uint32_t
            width_px; /* and its place on the grid, both made smaller if it is */
    uint32_t height_px;
    uint32_t left_px;
    uint32_t top_px;
    unsigned n_planes; /* 1: grey; 3: colours */
    bool is_ycc;
    struct fovea_jpeg2000_plane planes[3];
};

/** Make row y of R, G, B. */
void fovea_jpeg2000_convert_row(const struct fovea_jpeg2000_picture *picture,
        uint32_t y, uint8_t *rgb);

#endif
