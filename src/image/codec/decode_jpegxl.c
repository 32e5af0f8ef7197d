/*
 * JPEG XL, by libjxl: codestream and container, the first frame.
 *
 * libjxl starts no threads unless it is given a runner. It gives a picture whole
 * or not at all; alpha is dropped. The picture is not turned here: the
 * codestream's orientation is kept, and is EXIF's; what a box of EXIF says is not
 * looked at, as the standard has it.
 *
 * Colours: what was coded by human vision (XYB), as nearly all that is lossy,
 * has absolute colours, and is asked for in sRGB. What was coded in the colours
 * of its own profile stays in these: profiles are ignored.
 *
 * Frames may be laid over each other, and each costs as much as its size. They
 * are walked over first, by a decoder that skips them.
 */
#include <inttypes.h>
#include <string.h>

#include <jxl/decode.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/jpegxl.h"

/* hwy::platform::TimerResolution() of libhwy, which libjxl stands on. As soon as
   that is loaded, in every worker, it reads its clock for 3 ms, for a benchmark
   that nobody runs here. The dynamic linker finds this one before. */
__attribute__((visibility("default"), used)) uint64_t fovea_jpegxl_tick(
        void) __asm__("_ZN3hwy8platform15TimerResolutionEv");

uint64_t
fovea_jpegxl_tick(void)
{
    return 1;
}

static void
auto_decoder(JxlDecoder **decoder)
{
    JxlDecoderDestroy(*decoder);
}

/* It says no more than that. */
static enum fovea_status
fail_damaged(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG XL: the data make no sense");
}

/* As it is told when the profile is known. Where the colours are the profile's
   own there is no choice, and none is needed. */
static void
ask_for_srgb(JxlDecoder *decoder, const JxlBasicInfo *basic)
{
    bool is_grey = basic->num_color_channels == 1;
    const JxlColorEncoding srgb = {
        .color_space = is_grey ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
        .white_point = JXL_WHITE_POINT_D65,
        .primaries = JXL_PRIMARIES_SRGB,
        .transfer_function = JXL_TRANSFER_FUNCTION_SRGB,
        .rendering_intent = JXL_RENDERING_INTENT_RELATIVE,
    };
    (void)JxlDecoderSetPreferredColorProfile(decoder, &srgb);
}

static bool
set_up(JxlDecoder *decoder, const uint8_t *bytes, size_t size)
{
    return !JxlDecoderSubscribeEvents(decoder,
                   JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING |
                           JXL_DEC_FULL_IMAGE) &&
            !JxlDecoderSetKeepOrientation(decoder, JXL_TRUE) &&
            !JxlDecoderSetInput(decoder, bytes, size);
}

static enum fovea_status
set_output(JxlDecoder *decoder, uint8_t *pixels, size_t size,
        struct fovea_error *err)
{
    const JxlPixelFormat rgb = { 3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0 };
    size_t needed = 0;
    if (JxlDecoderImageOutBufferSize(decoder, &rgb, &needed) || needed > size ||
            JxlDecoderSetImageOutBuffer(decoder, &rgb, pixels, size)) {
        return fail_damaged(err);
    }
    return FOVEA_OK;
}

/* The first frame as it is shown. */
static enum fovea_status
decode_frame(const uint8_t *bytes, size_t size, uint8_t *pixels,
        size_t pixels_size, struct fovea_error *err)
{
    FOVEA_AUTO(auto_decoder) JxlDecoder *decoder = JxlDecoderCreate(NULL);
    JxlBasicInfo basic = { 0 };
    if (!decoder || !set_up(decoder, bytes, size)) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "JPEG XL: no memory");
    }
    for (;;) {
        enum fovea_status status = FOVEA_OK;
        switch ((int)JxlDecoderProcessInput(decoder)) {
        case JXL_DEC_BASIC_INFO:
            status = JxlDecoderGetBasicInfo(decoder, &basic) ? fail_damaged(err)
                                                             : FOVEA_OK;
            break;
        case JXL_DEC_COLOR_ENCODING:
            ask_for_srgb(decoder, &basic);
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            status = set_output(decoder, pixels, pixels_size, err);
            break;
        case JXL_DEC_FULL_IMAGE:
            return FOVEA_OK;
        case JXL_DEC_NEED_MORE_INPUT:
            return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                    "JPEG XL: the data end before the picture does");
        default:
            return fail_damaged(err);
        }
        if (status) {
            return status;
        }
    }
}

enum fovea_status
fovea_decode_jpegxl(struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    struct fovea_image_info info = { .format = FOVEA_FORMAT_JPEGXL };
    const uint8_t *bytes = NULL;
    size_t size = 0;
    size_t pixels_size;
    enum fovea_status status = fovea_jpegxl_read_head(input, &info, err);
    if (!status) {
        status = fovea_decode_begin(&info, limits, sink, err);
    }
    if (!status) {
        status = fovea_input_load(input, &bytes, &size, err);
    }
    if (status) {
        return status;
    }
    size_t stride = 3 * (size_t)info.width_px;
    if (!fovea_mul_size(stride, info.height_px, &pixels_size)) {
        return fovea_fail_memory(err, SIZE_MAX, "the pixels of a JPEG XL");
    }
    FOVEA_AUTO_FREE uint8_t *pixels = malloc(pixels_size);
    if (!pixels) {
        return fovea_fail_memory(err, pixels_size, "the pixels of a JPEG XL");
    }
    status = decode_frame(bytes, size, pixels, pixels_size, err);
    for (size_t y = 0; !status && y < info.height_px; y++) {
        status = sink->row(sink->context, pixels + y * stride, err);
    }
    return status;
}
