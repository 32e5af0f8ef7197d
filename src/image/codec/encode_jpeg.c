/*
 * See encode_jpeg.h. As in decode_jpeg.c, libjpeg's one way to report an error is
 * a jump, which stays within one leaf function; all memory is libjpeg's own.
 */
#include "image/codec/encode_jpeg.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>
/* Behind jpeglib.h, whose settings it wants. */
#include <jerror.h>

#include "base/error.h"

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf escape;
    const struct fovea_rgb_picture *picture;
    int quality;
    uint8_t *bytes;
    size_t capacity;
    bool is_full;
};

static _Noreturn void
on_error(j_common_ptr jpeg)
{
    struct encoder *encoder = jpeg->client_data;
    longjmp(encoder->escape, 1);
}

static void
output_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void
start_output(j_compress_ptr jpeg)
{
    struct encoder *encoder = jpeg->client_data;
    encoder->destination.next_output_byte = encoder->bytes;
    encoder->destination.free_in_buffer = encoder->capacity;
}

/* What comes of it is of no use any more, but it goes on to its end. */
static boolean
start_again(j_compress_ptr jpeg)
{
    struct encoder *encoder = jpeg->client_data;
    encoder->is_full = true;
    start_output(jpeg);
    return TRUE;
}

static void
end_output(j_compress_ptr jpeg)
{
    (void)jpeg;
}

static void
create(struct encoder *encoder)
{
    struct jpeg_compress_struct *jpeg = &encoder->jpeg;
    jpeg->err = jpeg_std_error(&encoder->errors);
    encoder->errors.error_exit = on_error;
    encoder->errors.output_message = output_nothing;
    jpeg->client_data = encoder;
    jpeg_create_compress(jpeg);
    encoder->destination.init_destination = start_output;
    encoder->destination.empty_output_buffer = start_again;
    encoder->destination.term_destination = end_output;
    jpeg->dest = &encoder->destination;
    jpeg->image_width = encoder->picture->width_px;
    jpeg->image_height = encoder->picture->height_px;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, encoder->quality, TRUE);
}

static void
encode(struct encoder *encoder)
{
    create(encoder);
    struct jpeg_compress_struct *jpeg = &encoder->jpeg;
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        /* libjpeg only reads it, whatever its type says. */
        union {
            const uint8_t *read;
            JSAMPROW row;
        } line = { encoder->picture->pixels +
            (size_t)3 * jpeg->image_width * jpeg->next_scanline };
        (void)jpeg_write_scanlines(jpeg, &line.row, 1);
    }
    jpeg_finish_compress(jpeg);
}

static enum fovea_status
guarded(struct encoder *encoder, struct fovea_error *err)
{
    if (setjmp(encoder->escape)) {
        char text[JMSG_LENGTH_MAX];
        encoder->errors.format_message((j_common_ptr)&encoder->jpeg, text);
        return fovea_fail(err,
                encoder->errors.msg_code == JERR_OUT_OF_MEMORY
                        ? FOVEA_ERR_NO_MEMORY
                        : FOVEA_ERR_INTERNAL,
                "a thumbnail: %.180s", text);
    }
    encode(encoder);
    return FOVEA_OK;
}

enum fovea_status
fovea_encode_jpeg(const struct fovea_rgb_picture *picture, int quality,
        uint8_t *jpeg, size_t capacity, size_t *size_out,
        struct fovea_error *err)
{
    struct encoder encoder = {
        .picture = picture,
        .quality = quality,
        .bytes = jpeg,
        .capacity = capacity,
    };
    enum fovea_status status = guarded(&encoder, err);
    size_t size = capacity - encoder.destination.free_in_buffer;
    jpeg_destroy_compress(&encoder.jpeg);
    if (!status) {
        *size_out = encoder.is_full ? 0 : size;
    }
    return status;
}
