/*
 * Raw photographs: the largest preview in the file, by the JPEG decoder through
 * a window onto the file. See raw.h for which files, and for what is found.
 *
 * The preview is turned as its own EXIF says, and where it has none as the raw
 * photograph's first directory does: never by both.
 */
#include <inttypes.h>

#include "base/error.h"
#include "image/codec/codec.h"
#include "image/codec/raw.h"
#include "image/codec/within.h"
#include "image/orient.h"

static uint32_t
longer(uint32_t width, uint32_t height)
{
    return width > height ? width : height;
}

static bool
is_large_enough(const struct fovea_raw *raw)
{
    uint64_t side = longer(raw->preview.width_px, raw->preview.height_px);
    uint64_t sensor = longer(raw->sensor_width_px, raw->sensor_height_px);
    return side >= FOVEA_RAW_MIN_SIDE_PX ||
            (sensor > 0 && side * FOVEA_RAW_MIN_SHARE >= sensor);
}

static enum fovea_status
check_preview(const struct fovea_raw *raw, struct fovea_error *err)
{
    bool found = raw->preview.width_px > 0;
    if (found && is_large_enough(raw)) {
        return FOVEA_OK;
    }
    if (raw->is_cut) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "the file ends before its preview");
    }
    if (!found) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "raw data is not developed, and no preview is embedded");
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "raw data is not developed, and the largest embedded preview is "
            "%" PRIu32 "x%" PRIu32
            ": a thumbnail, where %d pixels or a %dth of the sensor's longer "
            "side are needed",
            raw->preview.width_px, raw->preview.height_px,
            FOVEA_RAW_MIN_SIDE_PX, FOVEA_RAW_MIN_SHARE);
}

static unsigned
orientation_of(const struct fovea_raw *raw)
{
    unsigned orientation = raw->preview.exif.orientation
            ? raw->preview.exif.orientation
            : raw->orientation;
    return orientation ? orientation : 1;
}

static enum fovea_status
decode_preview(const struct fovea_raw *raw, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_input window;
    struct fovea_within within = {
        .sink = sink,
        .format = FOVEA_FORMAT_RAW,
        .orientation = orientation_of(raw),
        .taken = raw->taken,
        .raw_kind = raw->name,
    };
    if (!within.taken.is_known) {
        enum fovea_status status =
                fovea_exif_taken(raw->input, 0, &within.taken, err);
        if (status) {
            return status;
        }
    }
    struct fovea_row_sink before = fovea_within_sink(&within);
    fovea_input_window(raw->input, raw->preview_at, raw->preview_size, &window);
    return fovea_decode_jpeg(&window, limits, &before, err);
}

enum fovea_status
fovea_decode_raw(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_raw raw;
    enum fovea_status status = fovea_raw_find(input, &raw, err);
    if (status) {
        return status;
    }
    if (!raw.name) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "raw photograph: the file has changed while it was read");
    }
    status = check_preview(&raw, err);
    if (!status) {
        status = decode_preview(&raw, limits, sink, err);
    }
    if (status) {
        fovea_error_prefix(err, "raw photograph (%s)", raw.name);
    }
    return status;
}

void
fovea_raw_note(const struct fovea_image_info *info, struct fovea_error *err)
{
    bool high = fovea_orient_from_exif(info->orientation).transposed;
    fovea_note(err, FOVEA_NOTE_PREVIEW,
            "the embedded preview of a raw photograph (%s), %" PRIu32
            "x%" PRIu32,
            info->raw_kind, high ? info->height_px : info->width_px,
            high ? info->width_px : info->height_px);
}
