/*
 * Inside of the decoder of raw photographs: which file is one, and where in it
 * the largest preview lies.
 *
 *   decode_raw.c   kinds, and from the preview to rows
 *   raw_find.c     kinds that are told by their first bytes; RAF
 *   raw_tiff.c     directories: all others are TIFF, or nearly
 *   raw_boxes.c    CR3
 *   raw_heap.c     CRW
 *   raw_offer.c    which preview is the largest
 *
 * A camera's raw data is not developed here. What the camera itself made of it,
 * a JPEG of full or half the size as a rule, is in the file; it is what a
 * viewer shows, and what is embedded, with a note that says so.
 */
#ifndef FOVEA_IMAGE_CODEC_RAW_H
#define FOVEA_IMAGE_CODEC_RAW_H

#include "image/codec/jpeg_head.h"
#include "image/image.h"

enum {
    FOVEA_RAW_MAX_PREVIEWS = 16, /* that are looked at */
    FOVEA_RAW_MAX_DIRECTORIES = 64,
    FOVEA_RAW_MAX_ENTRIES = 512, /* of a directory; more is no directory */
    FOVEA_RAW_MAX_CHILDREN = 16, /* of a directory */
    /* A preview stands for the photograph if its longer side has this, or this
       part of the sensor's. A camera's thumbnail has neither, and often has
       black bars. */
    FOVEA_RAW_MIN_SIDE_PX = 512,
    FOVEA_RAW_MIN_SHARE = 4
};

struct fovea_raw {
    const struct fovea_input *input;
    const char *name;         /* "NEF"; NULL until it is known */
    bool first_is_sensor;     /* so is the first directory in this kind */
    bool has_sensor;          /* a directory describes a sensor's data */
    unsigned orientation;     /* of the first directory: 1..8; 0: none */
    struct fovea_taken taken; /* of a CR3 */
    uint32_t sensor_width_px; /* 0: nothing says it */
    uint32_t sensor_height_px;
    unsigned n_previews;
    bool is_cut; /* a preview would begin behind the file's end */
    /* The largest one; width_px 0: none. */
    struct fovea_jpeg_head preview;
    uint64_t preview_at;
    uint64_t preview_size;
};

/**
 * Look whether an input that begins as TIFF does is a raw photograph.
 *
 * It is if it has a mark of its own (CR2, IIQ), or if its first directory names
 * a camera's maker (or a version of DNG) and one of the directories, first to
 * last and those below the first, describes what a sensor saw: a colour filter
 * array, linear raw data, or a compression that only a camera writes. A camera's
 * ordinary TIFF has no such directory.
 *
 * @return FOVEA_OK, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_raw_is_tiff(
        const struct fovea_input *input, bool *is_raw_out,
        struct fovea_error *err);

/** Fill in all that is to be known of a file that was found to be raw. */
FOVEA_NODISCARD enum fovea_status fovea_raw_find(
        const struct fovea_input *input, struct fovea_raw *raw_out,
        struct fovea_error *err);

/** Look at a JPEG that may be the largest preview, or the sensor's data. */
FOVEA_NODISCARD enum fovea_status fovea_raw_offer(struct fovea_raw *raw,
        uint64_t at, uint64_t size, struct fovea_error *err);

/** A sensor's size, or a part's of it: the largest counts. */
void fovea_raw_set_sensor(struct fovea_raw *raw, uint64_t width_px,
        uint64_t height_px);

/** Walk over the directories of the TIFF structure at a place. */
FOVEA_NODISCARD enum fovea_status fovea_raw_walk_tiff(struct fovea_raw *raw,
        uint64_t base, struct fovea_error *err);

/** Walk over the heaps of a CRW. */
FOVEA_NODISCARD enum fovea_status fovea_raw_walk_heaps(struct fovea_raw *raw,
        struct fovea_error *err);

/** Walk over the boxes of a CR3. */
FOVEA_NODISCARD enum fovea_status fovea_raw_walk_boxes(struct fovea_raw *raw,
        struct fovea_error *err);

/** Note that a good picture is a raw photograph's preview. */
void fovea_raw_note(const struct fovea_image_info *info,
        struct fovea_error *err);

#endif
