/*
 * Images of every format when memory or the disk fails: every allocation, the
 * codecs' own included, and every read in turn. What gets through all the same
 * must be the right pixels.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/macros.h"
#include "image/preprocess.h"
#include "support/fault.h"
#include "support/test.h"

enum {
    SIDE = 16
};

/* Of one profile or the other. */
static struct fovea_preprocess settings = {
    .filter = FOVEA_FILTER_BICUBIC,
    .resize = FOVEA_RESIZE_SHORTEST,
    .resize_height_px = SIDE,
    .resize_width_px = SIDE,
    .crop_height_px = SIDE,
    .crop_width_px = SIDE,
    .rescale = 1.0F / 255.0F,
    .std = { 1.0F, 1.0F, 1.0F },
};

static const struct fovea_limits limits = {
    .max_bytes = FOVEA_DEFAULT_MAX_BYTES,
    .max_pixels = FOVEA_DEFAULT_MAX_PIXELS,
    .max_side_px = FOVEA_DEFAULT_MAX_SIDE_PX,
    .max_decode_bytes = FOVEA_DEFAULT_MAX_DECODE_BYTES,
    .max_decode_work = FOVEA_DEFAULT_MAX_DECODE_WORK,
    .damaged = FOVEA_DAMAGED_ACCEPT,
};

struct picture {
    char path[512];
    uint8_t pixels[SIDE * SIDE * 3]; /* without a fault */
};

static enum fovea_status
decode(const char *path, uint8_t *pixels, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    return status ? status
                  : fovea_preprocess_image(&settings, &limits, NULL, &input,
                            pixels, NULL, err);
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    const struct picture *picture = context;
    uint8_t pixels[sizeof picture->pixels];
    enum fovea_status status = decode(picture->path, pixels, err);
    if (!status) {
        assert_memory_equal(pixels, picture->pixels, sizeof pixels);
    }
    return status;
}

static void
start(const char *name, struct picture *picture)
{
    struct fovea_error error;
    /* Set by the build. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    int n = snprintf(picture->path, sizeof picture->path,
            "%s/samples/formats/%s", root ? root : ".", name);
    assert_true(n > 0 && (size_t)n < sizeof picture->path);
    assert_ok(decode(picture->path, picture->pixels, &error), &error);
}

static void
check(const char *name, struct fault_rules rules)
{
    struct picture picture;
    start(name, &picture);
    assert_true(fault_each_allocation(run, &picture, rules) > 0);
    assert_true(fault_each_read(run, &picture, rules) > 0);
}

static const struct fault_rules own = { .own_only = true };
static const struct fault_rules strict = { .also = FOVEA_OK };

/* With a part of the file only, which is accepted: what fails beside that is no
   damage. */
static void
check_cut(const char *name)
{
    struct picture picture;
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    char path[] = "/tmp/fovea-fault-XXXXXX";
    start(name, &picture);
    assert_ok(fovea_input_open_file(picture.path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &bytes, &size, &error), &error);
    size -= size / 5;
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    (void)close(fd);
    fovea_input_finish(&input);
    (void)snprintf(picture.path, sizeof picture.path, "%s", path);
    assert_ok(decode(picture.path, picture.pixels, &error), &error);
    assert_int_equal(error.notes, FOVEA_NOTE_DAMAGED);
    assert_true(fault_each_allocation(run, &picture, strict) > 0);
    assert_true(fault_each_read(run, &picture, strict) > 0);
    (void)unlink(path);
}

static void
damaged(void **state)
{
    (void)state;
    check_cut("baseline.jpg");
    check_cut("rgb.png");
    check_cut("rgb.bmp");
}

/* Of codecs that give no reason, or the same one for memory and for damage. */
static const struct fault_rules vague = { .also = FOVEA_ERR_IMAGE_CORRUPT };

/* libtiff steps over a tag whose value cannot be read. */
static const struct fault_rules optional = {
    .own_only = true,
    .may_skip_reads = true,
};

static void
jpeg(void **state)
{
    (void)state;
    check("baseline.jpg", strict);
    check("progressive.jpg", strict);
    check("cmyk.jpg", strict);
    check("orientation_6.jpg", strict);
}

static void
torchvision(void **state)
{
    (void)state;
    settings.pixels = FOVEA_PIXELS_TORCHVISION;
    check("baseline.jpg", strict);
    settings.pixels = FOVEA_PIXELS_PIL;
}

/* Small enough for samples to be decoded at an eighth of their size, and a half;
   the rest of the crop is filled. */
static void
fast(void **state)
{
    (void)state;
    static const uint32_t edges[] = { 5, 20 };
    const struct fovea_preprocess before = settings;
    settings.pixels = FOVEA_PIXELS_FAST;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(edges); i++) {
        settings.resize_height_px = edges[i];
        settings.resize_width_px = edges[i];
        check("baseline.jpg", strict);
        check("restart.jpg", strict);
        check("progressive.jpg", strict);
        check("cmyk.jpg", strict);
        check("lossy.webp", vague);
        check("lossless.jp2", own);
        check_cut("baseline.jpg");
    }
    settings = before;
}

/* Nothing of the file but the preview's own bytes counts, so that a directory
   that cannot be read is an error too. */
static void
raw(void **state)
{
    (void)state;
    check("preview.dng", strict);
}

static void
png(void **state)
{
    (void)state;
    check("rgb.png", strict);
    check("interlaced.png", strict);
    check("palette_trns.png", strict);
    check("grey16.png", strict);
    check("orientation_6.png", strict);
}

static void
webp(void **state)
{
    (void)state;
    check("lossy.webp", vague);
    check("animated.webp", vague);
    /* libwebp 1.2 frees a pointer that it never set when an allocation of its
       lossless decoder fails. */
    check("lossless.webp", own);
}

static void
gif(void **state)
{
    (void)state;
    check("animated.gif", vague);
    check("interlaced.gif", vague);
    check("long_codes.gif", vague);
}

/* libtiff 4.5 follows a null pointer when an allocation fails while it reads a
 * directory. */
static void
tiff(void **state)
{
    (void)state;
    check("lzw.tif", optional);
    check("deflate.tif", optional);
    check("jpeg.tif", optional);
    check("g4.tif", optional);
    check("cmyk.tif", optional);
    check("lab.tif", optional);
}

static const struct fault_rules kept = {
    .own_only = true,
    .may_keep = true,
};

/* libheif 1.15 lets C++'s bad_alloc out, which ends the process. */
static void
heif(void **state)
{
    (void)state;
    check("still.heic", kept);
    check("still.avif", kept);
}

static void
bmp(void **state)
{
    (void)state;
    check("rgb.bmp", strict);
    check("rle.bmp", strict);
    check("palette.bmp", strict);
}

static void
pnm(void **state)
{
    (void)state;
    check("rgb.ppm", strict);
    check("grey_text.pgm", strict);
    check("bilevel.pbm", strict);
}

/* libjxl ends the process where C++'s new fails. */
static void
jpegxl(void **state)
{
    (void)state;
    check("lossless.jxl", kept);
    check("lossy.jxl", kept);
}

static void
ico(void **state)
{
    (void)state;
    check("bmp.ico", strict);
    check("png.ico", strict);
}

/* OpenJPEG 2.5 follows a null pointer when it gets no memory for a tile. */
static void
jpeg2000(void **state)
{
    (void)state;
    check("lossless.jp2", own);
    check("alpha.jp2", own);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg),
        cmocka_unit_test(torchvision),
        cmocka_unit_test(fast),
        cmocka_unit_test(damaged),
        cmocka_unit_test(raw),
        cmocka_unit_test(png),
        cmocka_unit_test(webp),
        cmocka_unit_test(gif),
        cmocka_unit_test(tiff),
        cmocka_unit_test(bmp),
        cmocka_unit_test(pnm),
        cmocka_unit_test(jpeg2000),
        cmocka_unit_test(jpegxl),
        cmocka_unit_test(ico),
        cmocka_unit_test(heif),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
