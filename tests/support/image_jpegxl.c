/* See image_jpegxl.h. */
#include "image_jpegxl.h"

#include <stdlib.h>

#include <jxl/encode.h>

#include "test.h"

static void
set_basic_info(JxlEncoder *encoder, const struct jpegxl *how)
{
    JxlBasicInfo basic;
    JxlColorEncoding srgb;
    bool has_alpha = how->n_channels == 4;
    JxlEncoderInitBasicInfo(&basic);
    basic.xsize = how->width;
    basic.ysize = how->height;
    basic.bits_per_sample = 8;
    basic.uses_original_profile = how->is_lossless;
    basic.num_extra_channels = has_alpha;
    basic.alpha_bits = has_alpha ? 8 : 0;
    basic.have_animation = how->n_frames > 1;
    basic.animation.tps_numerator = 10;
    basic.animation.tps_denominator = 1;
    assert_int_equal(JxlEncoderSetBasicInfo(encoder, &basic), 0);
    JxlColorEncodingSetToSRGB(&srgb, JXL_FALSE);
    assert_int_equal(JxlEncoderSetColorEncoding(encoder, &srgb), 0);
}

static void
add_frame(JxlEncoder *encoder, const struct jpegxl *how, const uint8_t *pixels)
{
    const JxlPixelFormat format = { how->n_channels, JXL_TYPE_UINT8,
        JXL_NATIVE_ENDIAN, 0 };
    JxlEncoderFrameSettings *settings =
            JxlEncoderFrameSettingsCreate(encoder, NULL);
    assert_non_null(settings);
    assert_int_equal(JxlEncoderSetFrameLossless(settings, how->is_lossless), 0);
    assert_int_equal(JxlEncoderFrameSettingsSetOption(settings,
                             JXL_ENC_FRAME_SETTING_EFFORT, 3),
            0);
    assert_int_equal(JxlEncoderFrameSettingsSetOption(settings,
                             JXL_ENC_FRAME_SETTING_MODULAR, how->is_modular),
            0);
    assert_int_equal(JxlEncoderFrameSettingsSetOption(settings,
                             JXL_ENC_FRAME_SETTING_RESPONSIVE,
                             how->is_squeezed),
            0);
    if (how->n_frames > 1) {
        JxlFrameHeader header;
        JxlEncoderInitFrameHeader(&header);
        header.duration = how->is_animated;
        header.layer_info.blend_info.blendmode = JXL_BLEND_ADD;
        assert_int_equal(JxlEncoderSetFrameHeader(settings, &header), 0);
    }
    size_t size = (size_t)how->width * how->height * how->n_channels;
    assert_int_equal(JxlEncoderAddImageFrame(settings, &format, pixels, size),
            0);
}

struct picture
picture_jpegxl(const struct jpegxl *how, const uint8_t *pixels)
{
    struct picture picture = { NULL, 0 };
    size_t capacity = 0;
    JxlEncoder *encoder = JxlEncoderCreate(NULL);
    assert_non_null(encoder);
    set_basic_info(encoder, how);
    for (uint32_t i = 0; i < how->n_frames || i == 0; i++) {
        add_frame(encoder, how, pixels);
    }
    JxlEncoderCloseInput(encoder);
    JxlEncoderStatus status;
    do {
        capacity = capacity ? 2 * capacity : 4096;
        picture.bytes = realloc(picture.bytes, capacity);
        assert_non_null(picture.bytes);
        uint8_t *next = picture.bytes + picture.size;
        size_t room = capacity - picture.size;
        status = JxlEncoderProcessOutput(encoder, &next, &room);
        picture.size = capacity - room;
    } while (status == JXL_ENC_NEED_MORE_OUTPUT);
    assert_int_equal(status, JXL_ENC_SUCCESS);
    JxlEncoderDestroy(encoder);
    return picture;
}
