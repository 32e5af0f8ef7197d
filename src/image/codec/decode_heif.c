/*
 * HEIC and AVIF, by libheif: the primary image.
 *
 * libheif crops, turns and mirrors by itself as the file's properties say, so
 * an EXIF orientation in the file is history and the orientation is always 1.
 * More than 8 bits are converted down, alpha is dropped.
 *
 * Memory: the file's bytes, the codec's own planes and libheif's RGB image, all
 * at once: about 6 bytes a pixel for 4:2:0, up to 12 when the picture is turned
 * or deeper than 8 bits. The size that the file's header states is checked
 * before any of it is taken; a coded picture of another size than that is an
 * error, but only after its codec has decoded it.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <libheif/heif.h>

#include "base/error.h"
#include "image/byte_order.h"
#include "image/codec/codec.h"
#include "image/codec/heif_codec.h"
#include "image/codec/heif_frames.h"
#include "image/codec/heif_price.h"
#include "image/codec/heif_threads.h"

enum {
    EXIF_HEAD = 4,
    MAX_EXIF_BYTES = 1 << 20
};

FOVEA_DEFINE_AUTO(struct heif_context *, heif_context_free);

FOVEA_DEFINE_AUTO(struct heif_image_handle *, heif_image_handle_release);

FOVEA_DEFINE_AUTO(struct heif_image *, heif_image_release);

FOVEA_DEFINE_AUTO(struct heif_decoding_options *, heif_decoding_options_free);

/* Whether a box at the top level is longer than what is left of the file, or
   the file ends before the box that says what is in it: libheif has many names
   for what then comes of it. */
static bool
is_cut_short(const uint8_t *bytes, size_t size)
{
    bool described = false;
    while (size >= 8) {
        uint64_t box = fovea_big_endian(bytes, 4);
        if (box == 1 && size >= 16) {
            box = fovea_big_endian(bytes + 8, 8);
        } else if (box == 0) {
            return false; /* to the end, wherever that is */
        }
        if (box > size) {
            return true;
        }
        if (box < 8) {
            return false;
        }
        described |= memcmp(bytes + 4, "meta", 4) == 0;
        bytes += box;
        size -= (size_t)box;
    }
    return size > 0 || !described;
}

static enum fovea_status
status_of(struct heif_error error)
{
    if (error.subcode == heif_suberror_End_of_data) {
        return FOVEA_ERR_IMAGE_TRUNCATED;
    }
    if (error.subcode == heif_suberror_Security_limit_exceeded) {
        return FOVEA_ERR_IMAGE_SIDE_TOO_LONG;
    }
    if (error.code == heif_error_Unsupported_feature ||
            error.code == heif_error_Unsupported_filetype) {
        return FOVEA_ERR_IMAGE_UNSUPPORTED;
    }
    if (error.code == heif_error_Memory_allocation_error) {
        return FOVEA_ERR_NO_MEMORY;
    }
    return FOVEA_ERR_IMAGE_CORRUPT;
}

static enum fovea_status
fail(struct heif_error error, bool cut_short, struct fovea_error *err)
{
    enum fovea_status status = status_of(error);
    if (status == FOVEA_ERR_IMAGE_TRUNCATED ||
            (cut_short && status == FOVEA_ERR_IMAGE_CORRUPT)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "HEIF: the data ends before the picture does");
    }
    return fovea_fail(err, status, "HEIF: %.180s", error.message);
}

static enum fovea_status
push_image(const struct heif_image *image, const struct fovea_image_info *info,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    int stride = 0;
    const uint8_t *pixels = heif_image_get_plane_readonly(image,
            heif_channel_interleaved, &stride);
    int width = heif_image_get_width(image, heif_channel_interleaved);
    int height = heif_image_get_height(image, heif_channel_interleaved);
    if (!pixels || stride < 0 || width != (int)info->width_px ||
            height != (int)info->height_px) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "HEIF: the picture is %dx%d, its header says %" PRIu32
                "x%" PRIu32,
                width, height, info->width_px, info->height_px);
    }
    for (size_t y = 0; y < info->height_px; y++) {
        enum fovea_status status =
                sink->row(sink->context, pixels + y * (size_t)stride, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
decode_image(const struct heif_image_handle *handle,
        const struct fovea_image_info *info, bool cut_short,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    FOVEA_AUTO(heif_decoding_options_free_auto)
    struct heif_decoding_options *options = heif_decoding_options_alloc();
    if (!options) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "HEIF: no memory");
    }
    options->convert_hdr_to_8bit = 1;
    options->strict_decoding = 1;
    FOVEA_AUTO(heif_image_release_auto) struct heif_image *image = NULL;
    struct heif_error error = heif_decode_image(handle, &image,
            heif_colorspace_RGB, heif_chroma_interleaved_RGB, options);
    if (error.code != heif_error_Ok) {
        return fail(error, cut_short, err);
    }
    return push_image(image, info, sink, err);
}

/* A coded picture is as large as the blocks that it is made of, and cropped
   afterwards: it may be a little larger than what the limits are for. */
static int
coded_limit(const struct fovea_limits *limits)
{
    enum {
        BLOCK_PX = 128
    };
    return limits->max_side_px < INT_MAX - BLOCK_PX
            ? (int)limits->max_side_px + BLOCK_PX
            : INT_MAX;
}

/* libheif gives no smaller picture. But of one that is to become half as large and
   less, what HEVC's filters do to the edges of blocks is hardly left. */
static enum fovea_status
choose_care(const struct fovea_image_info *info,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    unsigned shrink = 1;
    enum fovea_status status =
            fovea_decode_choose_shrink(info, sink, 2, &shrink, err);
    fovea_heif_skip_filters(!status && shrink > 1);
    return status;
}

/* Before the file is loaded: what libheif cannot read, and what decoding will
   take. Where the index gives no sides libheif gives an error, and nothing is
   decoded. */
static enum fovea_status
check(const struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_image_info *info,
        struct fovea_error *err)
{
    const char *codec = NULL;
    uint64_t max_frame = 0;
    enum fovea_status status = fovea_heif_foreign_codec(input, &codec, err);
    if (!status && codec) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "HEIF: %s inside is not supported", codec);
    }
    if (!status) {
        status = fovea_heif_price(input, info, &max_frame, err);
    }
    if (status) {
        return status;
    }
    fovea_heif_limit_frames(max_frame);
    struct fovea_image_info asked = *info;
    asked.orientation = 0; /* libheif will have turned it */
    asked.width_px += asked.width_px == 0;
    asked.height_px += asked.height_px == 0;
    status = choose_care(&asked, sink, err);
    return status ? status : fovea_decode_reserve(&asked, limits, sink, err);
}

/* libheif has read it already. An offset of 4 bytes stands before the block. */
static enum fovea_status
read_taken(const struct heif_image_handle *handle,
        struct fovea_taken *taken_out, struct fovea_error *err)
{
    heif_item_id id = 0;
    if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id,
                1) != 1) {
        return FOVEA_OK;
    }
    size_t size = heif_image_handle_get_metadata_size(handle, id);
    if (size < EXIF_HEAD || size > MAX_EXIF_BYTES) {
        return FOVEA_OK;
    }
    FOVEA_AUTO_FREE uint8_t *bytes = malloc(size);
    if (!bytes) {
        return fovea_fail_memory(err, size, "the EXIF of a HEIF");
    }
    if (heif_image_handle_get_metadata(handle, id, bytes).code !=
            heif_error_Ok) {
        return FOVEA_OK;
    }
    struct fovea_input input;
    fovea_input_from_memory(bytes, size, &input);
    return fovea_exif_taken(&input,
            EXIF_HEAD + fovea_big_endian(bytes, EXIF_HEAD), taken_out, err);
}

enum fovea_status
fovea_decode_heif(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_HEIF,
        .orientation = 1,
    };
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = check(input, limits, sink, &info, err);
    if (!status) {
        status = fovea_input_load(input, &bytes, &size, err);
    }
    if (status) {
        return status;
    }
    bool cut_short = is_cut_short(bytes, size);
    FOVEA_AUTO(heif_context_free_auto)
    struct heif_context *context = heif_context_alloc();
    if (!context) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "HEIF: no memory");
    }
    heif_context_set_max_decoding_threads(context, 0);
    heif_context_set_maximum_image_size_limit(context, coded_limit(limits));
    struct heif_error error = heif_context_read_from_memory_without_copy(
            context, bytes, size, NULL);
    if (error.code != heif_error_Ok) {
        return fail(error, cut_short, err);
    }
    FOVEA_AUTO(heif_image_handle_release_auto)
    struct heif_image_handle *handle = NULL;
    error = heif_context_get_primary_image_handle(context, &handle);
    if (error.code != heif_error_Ok) {
        return fail(error, cut_short, err);
    }
    int width = heif_image_handle_get_width(handle);
    int height = heif_image_handle_get_height(handle);
    info.width_px = width > 0 ? (uint32_t)width : 0;
    info.height_px = height > 0 ? (uint32_t)height : 0;
    status = read_taken(handle, &info.taken, err);
    if (!status) {
        status = fovea_decode_begin(&info, limits, sink, err);
    }
    if (status) {
        return status;
    }
    return decode_image(handle, &info, cut_short, sink, err);
}

void
fovea_heif_warm_up(void)
{
    FOVEA_ASSERT(fovea_heif_is_single_threaded());
    FOVEA_ASSERT(fovea_heif_limits_frames());
    (void)heif_init(NULL);
}
