/*
 * Small files that could be made to cost much: what each part of them costs is
 * counted, and what is not looked at costs nothing.
 */
#include <unistd.h>

#include <gif_lib.h>
#include <tiffio.h>

#include "base/macros.h"
#include "support/decoded.h"
#include "support/pictures.h"

/* Decode with the default limits, and with one pass less than it takes. */
static void
check(const void *bytes, size_t size, uint64_t work)
{
    struct fovea_limits limits = { .max_decode_work = work };
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, &limits, &decoded, &error), &error);
    decoded_finish(&decoded);
    limits.max_decode_work--;
    assert_fails(decode_bytes(bytes, size, &limits, &decoded, &error), &error,
            FOVEA_ERR_IMAGE_TOO_COSTLY,
            "(--max-image-work, fovea_limits.max_decode_work)");
    decoded_finish(&decoded);
}

/* Ten scans, as libjpeg writes them by default, and the picture itself. */
static void
scans_of_a_progressive_jpeg_count(void **state)
{
    (void)state;
    struct picture picture = picture_jpeg(200, 100, true, true);
    check(picture.bytes, picture.size, (uint64_t)200 * 100 * 11);
    free(picture.bytes);
    picture = picture_jpeg(200, 100, false, true);
    check(picture.bytes, picture.size, (uint64_t)200 * 100);
    free(picture.bytes);
}

static void
passes_of_an_interlaced_png_count(void **state)
{
    (void)state;
    struct picture picture = picture_png(200, 100, true);
    check(picture.bytes, picture.size, (uint64_t)200 * 100 * 2);
    free(picture.bytes);
    picture = picture_png(200, 100, false);
    check(picture.bytes, picture.size, (uint64_t)200 * 100);
    free(picture.bytes);
}

/* Chunks of pixels without pixels are the file's own bytes, no more. */
static void
empty_chunks_of_a_png_count_for_nothing(void **state)
{
    (void)state;
    static const uint8_t chunk[12] = { 0, 0, 0, 0, 'I', 'D', 'A', 'T', 0x35,
        0xaf, 0x06, 0x1e };
    enum {
        N_CHUNKS = 100000,
        HEAD = 8 + 25 /* signature and IHDR */
    };
    struct picture picture = picture_png(20, 10, false);
    size_t size = picture.size + N_CHUNKS * sizeof chunk;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, picture.bytes, HEAD);
    for (size_t i = 0; i < N_CHUNKS; i++) {
        memcpy(bytes + HEAD + i * sizeof chunk, chunk, sizeof chunk);
    }
    memcpy(bytes + HEAD + N_CHUNKS * sizeof chunk, picture.bytes + HEAD,
            picture.size - HEAD);
    check(bytes, size, (uint64_t)20 * 10);
    free(bytes);
    free(picture.bytes);
}

static uint8_t *
read_file(const char *path, size_t *size_out)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error error;
    const uint8_t *bytes = NULL;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &bytes, size_out, &error), &error);
    uint8_t *copy = malloc(*size_out);
    assert_non_null(copy);
    memcpy(copy, bytes, *size_out);
    fovea_input_finish(&input);
    return copy;
}

/* Each strip is a beginning; a tile is decoded however much lies outside. */
static void
check_tiff(uint32_t width, uint32_t height, uint32_t tile, uint64_t work)
{
    char path[] = "/tmp/fovea-work-XXXXXX";
    int fd = mkstemp(path);
    TIFF *tiff = fd >= 0 ? TIFFOpen(path, "w") : NULL;
    assert_non_null(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    if (tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
    }
    uint32_t n = tile > 0 ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    tmsize_t block = tile > 0 ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    uint8_t *zeros = calloc(1, (size_t)block);
    assert_non_null(zeros);
    for (uint32_t i = 0; i < n; i++) {
        tmsize_t done = tile > 0 ? TIFFWriteEncodedTile(tiff, i, zeros, block)
                                 : TIFFWriteEncodedStrip(tiff, i, zeros, block);
        assert_true(done > 0);
    }
    TIFFClose(tiff);
    free(zeros);
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    check(bytes, size, work);
    free(bytes);
    (void)close(fd);
    (void)unlink(path);
}

static void
blocks_of_a_tiff_count(void **state)
{
    (void)state;
    enum {
        BEGINNING = 4096,
        N_STRIPS = 5000
    };
    check_tiff(16, N_STRIPS, 0, (uint64_t)N_STRIPS * (16 + BEGINNING));
    check_tiff(20, 20, 512, 512 * 512 + BEGINNING);
}

static int
write_gif(GifFileType *gif, const GifByteType *bytes, int n)
{
    struct picture *picture = gif->UserData;
    picture->bytes = realloc(picture->bytes, picture->size + (size_t)n);
    assert_non_null(picture->bytes);
    memcpy(picture->bytes + picture->size, bytes, (size_t)n);
    picture->size += (size_t)n;
    return n;
}

/* One frame is decoded of however many. */
static void
one_frame_of_a_gif_counts(void **state)
{
    (void)state;
    enum {
        SIDE = 20,
        N_FRAMES = 5000
    };
    struct picture picture = { NULL, 0 };
    GifByteType row[SIDE] = { 0 };
    int error = 0;
    GifFileType *gif = EGifOpen(&picture, write_gif, &error);
    ColorMapObject *map = GifMakeMapObject(2, NULL);
    assert_true(gif && map);
    assert_int_equal(EGifPutScreenDesc(gif, SIDE, SIDE, 1, 0, map), GIF_OK);
    for (size_t i = 0; i < N_FRAMES; i++) {
        assert_int_equal(EGifPutImageDesc(gif, 0, 0, SIDE, SIDE, false, NULL),
                GIF_OK);
        for (size_t y = 0; y < SIDE; y++) {
            assert_int_equal(EGifPutLine(gif, row, SIDE), GIF_OK);
        }
    }
    assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
    GifFreeMapObject(map);
    check(picture.bytes, picture.size, (uint64_t)SIDE * SIDE);
    free(picture.bytes);
}

/* Coded bytes cost more than pixels. */
static void
bytes_of_a_jpeg2000_count(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("jpeg2000/bare", &size);
    check(bytes, size, (uint64_t)20 * 14 * 4 + 16 * size);
    free(bytes);
}

/* Of each frame that is laid over others. */
static void
layers_of_a_jpegxl_count(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("jpegxl/layers", &size);
    check(bytes, size, (uint64_t)20 * 14 * 8 * 2);
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_of_a_progressive_jpeg_count),
        cmocka_unit_test(passes_of_an_interlaced_png_count),
        cmocka_unit_test(empty_chunks_of_a_png_count_for_nothing),
        cmocka_unit_test(blocks_of_a_tiff_count),
        cmocka_unit_test(one_frame_of_a_gif_counts),
        cmocka_unit_test(bytes_of_a_jpeg2000_count),
        cmocka_unit_test(layers_of_a_jpegxl_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
