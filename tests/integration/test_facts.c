/*
 * What comes of an image besides its vector: its sides upright, its format, and
 * when it was taken; through real workers, streams and fovea_submit().
 */
#include <semaphore.h>
#include <string.h>

#include "base/format.h"
#include "base/macros.h"
#include "support/golden.h"
#include "support/picture_bytes.h"
#include "support/test.h"

#define TAKEN   "2024:05:31 06:07:08"
#define TAKEN_S 1717135628

static struct golden_model golden;

static int
open_model(void **state)
{
    (void)state;
    golden = golden_open("quick", FOVEA_DTYPE_F32, 1, 4);
    return 0;
}

static int
close_model(void **state)
{
    (void)state;
    golden_close(&golden);
    return 0;
}

static struct fovea_image_facts
facts_of(enum fovea_stream_work work, const struct picture_bytes *picture)
{
    struct fovea_error error;
    struct fovea_stream *stream = NULL;
    const struct fovea_stream_result *result = NULL;
    const struct fovea_stream_options options = { .struct_size = sizeof options,
        .work = work };
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = picture->bytes,
        .size = picture->size };
    assert_ok(fovea_stream_open(golden.model, &options, &stream, &error),
            &error);
    assert_ok(fovea_stream_put(stream, &item, 0, &error), &error);
    assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
    assert_ok(fovea_stream_take(stream, &result, &error), &error);
    assert_ok(result->error.code, &result->error);
    assert_non_null(result->facts);
    struct fovea_image_facts facts = *result->facts;
    assert_int_equal(facts.struct_size, sizeof facts);
    fovea_stream_close(stream);
    return facts;
}

static const struct {
    struct picture_bytes (*make)(const char *name, const char *taken);
    const char *name;
    const char *format;
} dated[] = {
    { picture_bytes_jpeg, "samples/formats/baseline.jpg", "jpeg" },
    { picture_bytes_jpeg, "samples/formats/progressive.jpg", "jpeg" },
    { picture_bytes_png, "samples/formats/rgb.png", "png" },
    { picture_bytes_webp, "samples/formats/alpha.webp", "webp" },
    { picture_bytes_webp, "samples/formats/animated.webp", "webp" },
    { picture_bytes_tiff, "samples/formats/none.tif", "tiff" },
    { picture_bytes_tiff, "samples/formats/tiled.tif", "tiff" },

    { NULL, "tests/data/dated/taken.heic", "heif" },
    { NULL, "tests/data/dated/taken.avif", "heif" },
    { picture_bytes_jpegxl, "samples/formats/lossy.jxl", "jpegxl" },
    { picture_bytes_tiff, "samples/formats/preview.dng", "raw" },
};

static void
dates_come_of_every_format_that_has_exif(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(dated); i++) {
        struct picture_bytes picture = dated[i].make
                ? dated[i].make(dated[i].name, TAKEN)
                : picture_bytes_read(dated[i].name);
        struct fovea_image_facts facts = facts_of(FOVEA_STREAM_EMBED, &picture);
        if (facts.taken_s != TAKEN_S ||
                strcmp(facts.format, dated[i].format) != 0) {
            fail_msg("%s: %s, taken at %lld", dated[i].name, facts.format,
                    (long long)facts.taken_s);
        }
        free(picture.bytes);
        if (dated[i].make) {
            picture = picture_bytes_read(dated[i].name);
            facts = facts_of(FOVEA_STREAM_PREPROCESS, &picture);
            assert_true(facts.taken_s == FOVEA_TAKEN_UNKNOWN);
            free(picture.bytes);
        }
    }
}

static const struct {
    const char *name;
    const char *format;
    uint32_t width;
    uint32_t height;
} upright[] = {
    { "samples/formats/orientation_1.jpg", "jpeg", 97, 61 },
    { "samples/formats/orientation_6.jpg", "jpeg", 97, 61 },
    { "samples/formats/orientation_6.png", "png", 120, 90 },
    { "samples/formats/orientation_6.tif", "tiff", 120, 90 },
    { "samples/formats/orientation_8.webp", "webp", 120, 90 },
    { "samples/formats/orientation_6.jxl", "jpegxl", 120, 90 },
    { "samples/formats/baseline.jpg", "jpeg", 120, 90 },
    { "samples/formats/still.gif", "gif", 120, 90 },
    { "samples/formats/rgb.bmp", "bmp", 120, 90 },
    { "samples/formats/rgb.ppm", "pnm", 120, 90 },
    { "samples/formats/png.ico", "ico", 64, 64 },
    { "samples/formats/lossless.jp2", "jpeg2000", 120, 90 },
};

static void
sides_are_those_of_the_upright_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(upright); i++) {
        struct picture_bytes picture = picture_bytes_read(upright[i].name);
        struct fovea_image_facts facts = facts_of(FOVEA_STREAM_EMBED, &picture);
        if (facts.width_px != upright[i].width ||
                facts.height_px != upright[i].height ||
                strcmp(facts.format, upright[i].format) != 0) {
            fail_msg("%s: %s, %ux%u", upright[i].name, facts.format,
                    facts.width_px, facts.height_px);
        }
        free(picture.bytes);
    }
}

struct answer {
    sem_t done;
    enum fovea_status status;
};

static void
take(void *context, const struct fovea_error *result, const float *embedding,
        const struct fovea_timings *timings)
{
    struct answer *answer = context;
    (void)embedding;
    (void)timings;
    answer->status = result->code;
    (void)sem_post(&answer->done);
}

static enum fovea_status
submit(const struct fovea_item *item, struct fovea_image_facts *facts,
        struct fovea_error *err)
{
    struct fovea_submit_options options = FOVEA_SUBMIT_OPTIONS_INIT;
    struct answer answer;
    options.facts_out = facts;
    assert_int_equal(sem_init(&answer.done, 0, 0), 0);
    enum fovea_status status = fovea_submit(golden.model, item, &options, take,
            &answer, NULL, err);
    if (!status) {
        while (sem_wait(&answer.done)) {
        }
        status = answer.status;
    }
    (void)sem_destroy(&answer.done);
    return status;
}

static void
who_submits_may_ask_for_them(void **state)
{
    (void)state;
    struct fovea_error error;
    struct picture_bytes picture =
            picture_bytes_jpeg("samples/formats/baseline.jpg", TAKEN);
    struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = picture.bytes,
        .size = picture.size };
    struct {
        struct fovea_image_facts known;
        uint64_t behind;
    } facts = { FOVEA_IMAGE_FACTS_INIT, UINT64_MAX };
    assert_ok(submit(&item, &facts.known, &error), &error);
    assert_int_equal(facts.known.struct_size, sizeof facts.known);
    assert_string_equal(facts.known.format, "jpeg");
    assert_int_equal(facts.known.width_px, 120);
    assert_int_equal(facts.known.height_px, 90);
    assert_int_equal(facts.known.taken_s, TAKEN_S);
    assert_true(facts.behind == UINT64_MAX);
    /* Of a bad image nothing is known, and what was known is gone. */
    item.size = 200;
    assert_int_equal(submit(&item, &facts.known, &error),
            FOVEA_ERR_IMAGE_TRUNCATED);
    assert_null(facts.known.format);
    assert_int_equal(facts.known.width_px, 0);
    assert_int_equal(facts.known.struct_size, sizeof facts.known);
    facts.known.struct_size = 8;
    assert_int_equal(submit(&item, &facts.known, &error), FOVEA_ERR_ARGUMENT);
    assert_true(strstr(error.message, "FOVEA_IMAGE_FACTS_INIT") != NULL);
    free(picture.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_come_of_every_format_that_has_exif),
        cmocka_unit_test(sides_are_those_of_the_upright_image),
        cmocka_unit_test(who_submits_may_ask_for_them),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
