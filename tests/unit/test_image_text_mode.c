/* Files that were sent or saved as text: refused by name, in formats too that
 * would decode them to another picture. */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "support/decoded.h"

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes
read_sample(const char *name)
{
    char path[512];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/samples/formats/%s",
            root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct bytes sample = { malloc(1 << 20), 0 };
    assert_non_null(sample.data);
    sample.size = fread(sample.data, 1, 1 << 20, file);
    assert_true(sample.size > 0 && sample.size < 1 << 20);
    (void)fclose(file);
    return sample;
}

/* A carriage return before each line feed. */
static struct bytes
send_as_text(const struct bytes *from)
{
    struct bytes to = { malloc(2 * from->size), 0 };
    assert_non_null(to.data);
    for (size_t i = 0; i < from->size; i++) {
        if (from->data[i] == '\n') {
            to.data[to.size++] = '\r';
        }
        to.data[to.size++] = from->data[i];
    }
    return to;
}

static void
line_ends_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *message;
    } samples[] = {
        { "lossy.webp", "WebP: the file was sent or saved as text" },
        { "lossless.webp", "WebP: the file was sent or saved as text" },
        { "palette.bmp", "BMP: the file was sent or saved as text" },
        { "rle.bmp", "BMP: the file was sent or saved as text" },
        { "rgb.ppm", "PNM: the file was sent or saved as text" },
        { "bilevel.pbm", "PNM: the file was sent or saved as text" },
        { "still.heic", "HEIF: the file was sent or saved as text" },
        { "rgb.png", "PNG: the file was sent or saved as text" },
        /* What the data say of themselves. */
        { "still.avif", "HEIF: " },
        { "still.gif", "GIF: " },
        { "lzw.tif", "TIFF: " },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(samples); i++) {
        struct bytes good = read_sample(samples[i].name);
        struct bytes bad = send_as_text(&good);
        struct decoded picture;
        struct fovea_error error;
        assert_true(bad.size > good.size);
        enum fovea_status status =
                decode_bytes(bad.data, bad.size, NULL, &picture, &error);
        if ((status != FOVEA_ERR_IMAGE_CORRUPT &&
                    status != FOVEA_ERR_IMAGE_TRUNCATED) ||
                !strstr(error.message, samples[i].message)) {
            fail_msg("%s: %s: %s", samples[i].name, fovea_status_name(status),
                    error.message);
        }
        decoded_finish(&picture);
        free(bad.data);
        free(good.data);
    }
}

/* Bytes behind a picture are its own affair, line ends among them. */
static void
line_ends_behind_a_picture_are_none(void **state)
{
    (void)state;
    static const char *const names[] = { "rgb.bmp", "palette.bmp", "lossy.webp",
        "still.heic", "rgb.ppm", "bilevel.pbm" };
    static const char *const tails[] = { "\r\n", "\r\n\r\n", "\n",
        "\r\nend\r\n" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct bytes good = read_sample(names[i]);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(tails); k++) {
            size_t size = strlen(tails[k]);
            struct decoded picture;
            struct fovea_error error;
            memcpy(good.data + good.size, tails[k], size);
            assert_ok(decode_bytes(good.data, good.size + size, NULL, &picture,
                              &error),
                    &error);
            decoded_finish(&picture);
        }
        free(good.data);
    }
}

static void
other_ways_are_told_from_the_first_bytes(void **state)
{
    (void)state;
    static const char *const pngs[] = { "\x89PNG\n\x1a\n", "\tPNG\r\n\x1a\n",
        "\x89PNG\r\r\x1a\r", "\xc2\x89PNG\r\n\x1a\n",
        "\xef\xbf\xbdPNG\r\n\x1a\n" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pngs); i++) {
        assert_undecodable(pngs[i], strlen(pngs[i]), FOVEA_ERR_IMAGE_CORRUPT,
                "PNG: the file was sent or saved as text");
    }
    static const char *const ends[] = { "\r\r\n\x87\r\n", "\r\n\x87\r\n",
        "\n\x87\n" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ends); i++) {
        char jp2[32] = "\0\0\0\x0cjP  ";
        char jxl[32] = "\0\0\0\x0cJXL ";
        memcpy(jp2 + 8, ends[i], strlen(ends[i]));
        memcpy(jxl + 8, ends[i], strlen(ends[i]));
        assert_undecodable(jp2, sizeof jp2, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG 2000: the file was sent or saved as text");
        assert_undecodable(jxl, sizeof jxl, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG XL: the file was sent or saved as text");
    }
    static const char utf8[] = "\xc3\xbf\xc3\x98\xc3\xbf\xc3\xa0";
    static const char lost[] =
            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "\0\x10JFIF";
    assert_undecodable(utf8, sizeof utf8 - 1, FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG: the file was sent or saved as text");
    assert_undecodable(lost, sizeof lost - 1, FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG: the file was sent or saved as text");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_are_found),
        cmocka_unit_test(line_ends_behind_a_picture_are_none),
        cmocka_unit_test(other_ways_are_told_from_the_first_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
