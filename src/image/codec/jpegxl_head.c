/*
 * What is known of a JPEG XL before its pixels: see jpegxl.h. A decoder that
 * skips all frames walks over them, window by window: boxes of any size may stand
 * before the codestream.
 *
 * Memory: the file, the pixels, and what libjxl keeps of the whole picture, most
 * of it as floats. How much that is depends on the mode, which nothing tells
 * before: the price is that of the dearest. A frame that another one may be laid
 * over is kept as it is.
 *
 * Frames that are not shown, but parts of which are taken into others, are not
 * told of. They are small as a rule; where they are not the kernel refuses what
 * was not granted.
 */
#include <inttypes.h>
#include <string.h>

#include <jxl/decode.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "image/boxes.h"
#include "image/codec/codec.h"
#include "image/codec/jpegxl.h"

enum {
    WINDOW_BYTES = 64 << 10,    /* at first */
    MAX_WINDOW_BYTES = 4 << 20, /* for one header: the lengths in it are many */
    BASE_BYTES = 4 << 20,
    PIXEL_BYTES = 24,     /* coded by vision, as what is lossy is, */
    PIXEL_BYTES_OWN = 32, /* or in colours of its own */
    CHANNEL_BYTES = 20,   /* of a pixel, for each channel beside the colours */
    SAMPLE_BYTES = 4,     /* of each channel of a frame that is kept */
    MAX_KEPT = 4,         /* with the one that is made of them */
    PASSES = 8,
    MAX_FRAMES = 4096,
    EXIF_HEAD = 4,
    MAX_CHANNELS = 64 /* beside the colours: alpha, depth, ... */
};

struct walk {
    const struct fovea_input *input;
    struct fovea_image_info *info;
    struct fovea_error *err;
    JxlDecoder *decoder;
    JxlBasicInfo basic;
    unsigned n_frames;
    bool is_over; /* all that make the first picture were seen */
    uint64_t work;
    uint8_t *window;
    size_t capacity;
};

static enum fovea_status
fail_damaged(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG XL: the header makes no sense");
}

static enum fovea_status
fail_cut(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
            "JPEG XL: the data end before the picture does");
}

/* A channel of black is CMYK's, whose colours only its profile knows. */
static enum fovea_status
take_basic_info(struct walk *walk)
{
    JxlBasicInfo *basic = &walk->basic;
    if (JxlDecoderGetBasicInfo(walk->decoder, basic)) {
        return fail_damaged(walk->err);
    }
    if (basic->num_extra_channels > MAX_CHANNELS) {
        return fovea_fail(walk->err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "JPEG XL: %" PRIu32
                " channels beside the colours are not supported",
                basic->num_extra_channels);
    }
    for (uint32_t i = 0; i < basic->num_extra_channels; i++) {
        JxlExtraChannelInfo channel;
        if (JxlDecoderGetExtraChannelInfo(walk->decoder, i, &channel)) {
            return fail_damaged(walk->err);
        }
        if (channel.type == JXL_CHANNEL_BLACK) {
            return fovea_fail(walk->err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                    "JPEG XL: pictures of CMYK are not supported");
        }
    }
    walk->info->width_px = basic->xsize;
    walk->info->height_px = basic->ysize;
    walk->info->orientation = (unsigned)basic->orientation;
    return FOVEA_OK;
}

static enum fovea_status
take_frame(struct walk *walk)
{
    JxlFrameHeader frame;
    if (JxlDecoderGetFrameHeader(walk->decoder, &frame)) {
        return fail_damaged(walk->err);
    }
    if (++walk->n_frames > MAX_FRAMES) {
        return fovea_fail(walk->err, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG XL: more than %d frames make one picture", MAX_FRAMES);
    }
    const struct fovea_image_info layer = {
        .width_px = frame.layer_info.xsize,
        .height_px = frame.layer_info.ysize,
    };
    walk->work =
            fovea_sum_bytes(walk->work, fovea_decode_passes(&layer, PASSES));
    walk->is_over = frame.is_last || frame.duration > 0;
    return FOVEA_OK;
}

static void
set_price(struct walk *walk)
{
    struct fovea_image_info *info = walk->info;
    uint64_t n_more = walk->basic.num_extra_channels;
    uint64_t pixels = (uint64_t)info->width_px * info->height_px;
    uint64_t n_kept = 0;
    if (walk->n_frames > 1 || walk->basic.have_animation) {
        n_kept = walk->n_frames < MAX_KEPT ? walk->n_frames + 1 : MAX_KEPT;
    }
    uint64_t pixel =
            walk->basic.uses_original_profile ? PIXEL_BYTES_OWN : PIXEL_BYTES;
    pixel += CHANNEL_BYTES * n_more + n_kept * SAMPLE_BYTES * (3 + n_more);
    info->decode_bytes = fovea_sum_bytes(BASE_BYTES + walk->input->size,
            fovea_product_bytes(pixels, pixel));
    uint64_t least = fovea_decode_passes(info, PASSES);
    info->decode_work = walk->work > least ? walk->work : least;
}

/* All that it has to say of a window. */
static enum fovea_status
process(struct walk *walk)
{
    for (;;) {
        enum fovea_status status = FOVEA_OK;
        switch ((int)JxlDecoderProcessInput(walk->decoder)) {
        case JXL_DEC_BASIC_INFO:
            status = take_basic_info(walk);
            break;
        case JXL_DEC_FRAME:
            status = take_frame(walk);
            break;
        case JXL_DEC_NEED_MORE_INPUT:
            return FOVEA_OK;
        default:
            return fail_damaged(walk->err);
        }
        if (status || walk->is_over) {
            return status;
        }
    }
}

static enum fovea_status
grow_window(struct walk *walk, size_t size)
{
    FOVEA_ASSERT(size > 0);
    uint8_t *larger = realloc(walk->window, size);
    if (!larger) {
        return fovea_fail_memory(walk->err, size, "the header of a JPEG XL");
    }
    walk->window = larger;
    walk->capacity = size;
    return FOVEA_OK;
}

/* What it leaves of a window it gets again, with more behind it. */
static enum fovea_status
walk_file(struct walk *walk)
{
    uint64_t at = 0;
    enum fovea_status status = grow_window(walk, WINDOW_BYTES);
    while (!status && !walk->is_over) {
        size_t n = 0;
        status = fovea_input_read(walk->input, at, walk->window, walk->capacity,
                &n, walk->err);
        if (status) {
            break;
        }
        if (n == 0 || JxlDecoderSetInput(walk->decoder, walk->window, n)) {
            return fail_cut(walk->err);
        }
        status = process(walk);
        size_t left = JxlDecoderReleaseInput(walk->decoder);
        if (!status && !walk->is_over && left == n) {
            if (n < walk->capacity) {
                return fail_cut(walk->err);
            }
            if (walk->capacity == MAX_WINDOW_BYTES) {
                return fail_damaged(walk->err);
            }
            status = grow_window(walk, walk->capacity * 2);
        }
        at += n - left;
    }
    return status;
}

/* Of a container, in a box of its own, where an offset of 4 bytes stands before
   the block; one that is packed (brob) is not looked into. */
static enum fovea_status
read_taken(const struct fovea_input *input, struct fovea_taken *taken_out,
        struct fovea_error *err)
{
    struct fovea_box box;
    uint64_t offset = 0;
    enum fovea_status status = fovea_box_read(input, 0, input->size, &box, err);
    if (status || strcmp(box.type, "JXL ") != 0) {
        return status;
    }
    status = fovea_box_find(input, 0, input->size, "Exif", &box, err);
    if (!status && box.end > 0) {
        status = fovea_box_number(input, &box, EXIF_HEAD, &offset, err);
    }
    if (status || box.end == 0) {
        return status;
    }
    struct fovea_input exif;
    fovea_input_window(input, box.at, box.end - box.at, &exif);
    return fovea_exif_taken(&exif, offset, taken_out, err);
}

enum fovea_status
fovea_jpegxl_read_head(const struct fovea_input *input,
        struct fovea_image_info *info, struct fovea_error *err)
{
    struct walk walk = { .input = input, .info = info, .err = err };
    enum fovea_status status = FOVEA_OK;
    walk.decoder = JxlDecoderCreate(NULL);
    if (!walk.decoder ||
            JxlDecoderSubscribeEvents(walk.decoder,
                    JXL_DEC_BASIC_INFO | JXL_DEC_FRAME) ||
            JxlDecoderSetKeepOrientation(walk.decoder, JXL_TRUE) ||
            JxlDecoderSetCoalescing(walk.decoder, JXL_FALSE)) {
        status = fovea_fail(err, FOVEA_ERR_NO_MEMORY, "JPEG XL: no memory");
    }
    if (!status) {
        status = walk_file(&walk);
    }
    if (!status) {
        set_price(&walk);
        status = read_taken(input, &info->taken, err);
    }
    JxlDecoderDestroy(walk.decoder);
    free(walk.window);
    return status;
}
