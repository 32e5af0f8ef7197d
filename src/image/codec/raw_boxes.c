/*
 * The boxes of a CR3: see raw.h. Source: Laurent Clévy's description of the
 * format. The JPEG of full size is the first track's one sample; a smaller one
 * stands in a box of its own; the orientation is in a TIFF directory in a box.
 */
#include <string.h>

#include "base/macros.h"
#include "image/boxes.h"
#include "image/codec/raw.h"

enum {
    UUID_SIZE = 16,
    MAX_TRACKS = 16,
    VERSION_SIZE = 4, /* and flags: at the beginning of most boxes */
    TABLE_SIZE = 8,   /* with the number of what follows */
    SAMPLE_SIDES_AT = 24,
    PREVIEW_BOX_AT = UUID_SIZE + 8,
    PREVIEW_SIZE_AT = 12,
    PREVIEW_AT = 16
};

static enum fovea_status
number_at(const struct fovea_raw *raw, const struct fovea_box *box,
        uint64_t offset, size_t size, uint64_t *number_out,
        struct fovea_error *err)
{
    struct fovea_box rest = *box;
    *number_out = 0;
    if (offset > rest.end - rest.at) {
        return FOVEA_OK;
    }
    rest.at += offset;
    return fovea_box_number(raw->input, &rest, size, number_out, err);
}

static enum fovea_status
find_in(const struct fovea_raw *raw, const struct fovea_box *box,
        const char *type, struct fovea_box *found_out, struct fovea_error *err)
{
    return fovea_box_find(raw->input, box->at, box->end, type, found_out, err);
}

/* Table entry 0 of a sample's place and size: a track has one sample. */
static enum fovea_status
offer_sample(struct fovea_raw *raw, const struct fovea_box *table,
        struct fovea_error *err)
{
    struct fovea_box box;
    uint64_t size = 0;
    uint64_t at = 0;
    enum fovea_status status = find_in(raw, table, "stsz", &box, err);
    if (!status) { /* the same for all, or 0 and a list */
        status = number_at(raw, &box, VERSION_SIZE, 4, &size, err);
    }
    if (!status && size == 0) {
        status = number_at(raw, &box, VERSION_SIZE + 8, 4, &size, err);
    }
    if (!status) {
        status = find_in(raw, table, "co64", &box, err);
    }
    if (!status && box.end > 0) {
        status = number_at(raw, &box, TABLE_SIZE, 8, &at, err);
    } else if (!status) {
        status = find_in(raw, table, "stco", &box, err);
        if (!status) {
            status = number_at(raw, &box, TABLE_SIZE, 4, &at, err);
        }
    }
    return status || at == 0 ? status : fovea_raw_offer(raw, at, size, err);
}

static enum fovea_status
take_sides(struct fovea_raw *raw, const struct fovea_box *table,
        struct fovea_error *err)
{
    struct fovea_box list;
    struct fovea_box entry = { 0 };
    uint64_t width = 0;
    uint64_t height = 0;
    enum fovea_status status = find_in(raw, table, "stsd", &list, err);
    if (!status && list.end - list.at > TABLE_SIZE) {
        status = fovea_box_read(raw->input, list.at + TABLE_SIZE, list.end,
                &entry, err);
    }
    if (!status) {
        status = number_at(raw, &entry, SAMPLE_SIDES_AT, 2, &width, err);
    }
    if (!status) {
        status = number_at(raw, &entry, SAMPLE_SIDES_AT + 2, 2, &height, err);
    }
    if (!status) {
        fovea_raw_set_sensor(raw, width, height);
    }
    return status;
}

static enum fovea_status
take_track(struct fovea_raw *raw, const struct fovea_box *track,
        struct fovea_error *err)
{
    static const char way[][5] = { "mdia", "minf", "stbl" };
    struct fovea_box box = *track;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(way); i++) {
        struct fovea_box inner;
        enum fovea_status status = find_in(raw, &box, way[i], &inner, err);
        if (status || inner.end == 0) {
            return status;
        }
        box = inner;
    }
    enum fovea_status status = take_sides(raw, &box, err);
    return status ? status : offer_sample(raw, &box, err);
}

/* Canon's box, of which the first directory is wanted, and EXIF's. */
static enum fovea_status
take_directory(struct fovea_raw *raw, const struct fovea_box *uuid,
        struct fovea_error *err)
{
    struct fovea_box box;
    if (uuid->end - uuid->at < UUID_SIZE) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_box_find(raw->input, uuid->at + UUID_SIZE,
            uuid->end, "CMT1", &box, err);
    if (!status && box.end > 0) {
        status = fovea_raw_walk_tiff(raw, box.at, err);
    }
    if (!status) {
        status = fovea_box_find(raw->input, uuid->at + UUID_SIZE, uuid->end,
                "CMT2", &box, err);
    }
    if (!status && box.end > 0) {
        status = fovea_exif_taken(raw->input, box.at, &raw->taken, err);
    }
    return status;
}

static enum fovea_status
take_preview(struct fovea_raw *raw, const struct fovea_box *uuid,
        struct fovea_error *err)
{
    struct fovea_box box;
    uint64_t size = 0;
    if (uuid->end - uuid->at < PREVIEW_BOX_AT) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_box_find(raw->input,
            uuid->at + PREVIEW_BOX_AT, uuid->end, "PRVW", &box, err);
    if (!status) {
        status = number_at(raw, &box, PREVIEW_SIZE_AT, 4, &size, err);
    }
    return status || size == 0
            ? status
            : fovea_raw_offer(raw, box.at + PREVIEW_AT, size, err);
}

static enum fovea_status
take_movie(struct fovea_raw *raw, const struct fovea_box *movie,
        struct fovea_error *err)
{
    struct fovea_box box = { .end = movie->at };
    enum fovea_status status = FOVEA_OK;
    unsigned n_tracks = 0;
    for (int i = 0; !status && i < FOVEA_MAX_BOXES; i++) {
        status = fovea_box_read(raw->input, box.end, movie->end, &box, err);
        if (status || box.end == 0) {
            break;
        }
        if (memcmp(box.type, "uuid", 4) == 0) {
            status = take_directory(raw, &box, err);
        } else if (memcmp(box.type, "trak", 4) == 0 &&
                n_tracks++ < MAX_TRACKS) {
            status = take_track(raw, &box, err);
        }
    }
    return status;
}

enum fovea_status
fovea_raw_walk_boxes(struct fovea_raw *raw, struct fovea_error *err)
{
    struct fovea_box box = { 0 };
    enum fovea_status status = FOVEA_OK;
    for (int i = 0; !status && i < FOVEA_MAX_BOXES; i++) {
        status = fovea_box_read(raw->input, box.end, raw->input->size, &box,
                err);
        if (status || box.end == 0) {
            break;
        }
        if (memcmp(box.type, "moov", 4) == 0) {
            status = take_movie(raw, &box, err);
        } else if (memcmp(box.type, "uuid", 4) == 0) {
            status = take_preview(raw, &box, err);
        }
    }
    return status;
}
