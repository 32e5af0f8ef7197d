/*
 * Thumbnails by real, sealed workers: of every sample, upright, of the right
 * size, like what the model sees; of what makes large files; refusals.
 */
#include <dirent.h>
#include <math.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "image/image.h"
#include "option/limits.h"
#include "support/golden.h"
#include "support/picture_bytes.h"
#include "support/test.h"
#include "wire/thumbnail.h"

enum {
    SIDE = 64, /* of the small ones: samples have about 120 */
    MAX_SIDE = FOVEA_MAX_THUMBNAIL_PX,
    N_TURNS = 8,
};

static struct golden_model golden;

static void
open_model(uint32_t side)
{
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .dtype = FOVEA_DTYPE_F32,
        .max_workers = 1,
        .image_ns = FOVEA_NEVER,
        .deadline_ns = FOVEA_NEVER,
        .load_ns = FOVEA_NEVER,
        .thumbnail_px = side,
    };
    golden = golden_open_with("quick", &options);
}

static int
close_model(void **state)
{
    (void)state;
    golden_close(&golden);
    return 0;
}

/* What was made, decoded again. */
struct made {
    size_t size; /* of the JPEG */
    struct fovea_image_info info;
    uint32_t n_rows;
    uint8_t pixels[MAX_SIDE * MAX_SIDE * 3];
};

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct made *made = context;
    assert_true(info->width_px <= MAX_SIDE && info->height_px <= MAX_SIDE);
    made->info = *info;
    return FOVEA_OK;
}

static enum fovea_status
take_row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct made *made = context;
    size_t size = (size_t)3 * made->info.width_px;
    memcpy(made->pixels + made->n_rows * size, rgb, size);
    made->n_rows++;
    return FOVEA_OK;
}

static void
decode(const uint8_t *jpeg, size_t size, struct made *made)
{
    struct fovea_error error;
    struct fovea_limits limits = { 0 };
    limits = fovea_limits_resolve(&limits);
    const struct fovea_row_sink sink = { .context = made,
        .begin = begin,
        .row = take_row };
    struct fovea_input input;
    *made = (struct made){ .size = size };
    fovea_input_from_memory(jpeg, size, &input);
    assert_ok(fovea_image_decode(&input, &limits, &sink, &error), &error);
    assert_int_equal(made->info.format, FOVEA_FORMAT_JPEG);
    assert_int_equal(made->info.orientation, 1);
}

static enum fovea_status
make(const struct fovea_item *item, struct made *made, struct fovea_error *err)
{
    size_t size = 0;
    size_t room = fovea_thumbnail_max_bytes(golden.model);
    FOVEA_AUTO_FREE uint8_t *jpeg = malloc(room);
    assert_non_null(jpeg);
    enum fovea_status status =
            fovea_thumbnail(golden.model, item, jpeg, &size, err);
    if (!status) {
        assert_true(size > 0 && size <= room);
        decode(jpeg, size, made);
    }
    return status;
}

static uint32_t
longer(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Of all that can be decoded; through a stream, which says how large the image
   is, too. */
static void
every_sample_has_one(void **state)
{
    (void)state;
    struct fovea_error error;
    char folder[GOLDEN_PATH_SIZE];
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.work = FOVEA_STREAM_THUMBNAIL;
    open_model(SIDE);
    assert_ok(fovea_stream_open(golden.model, &options, &stream, &error),
            &error);
    golden_path("samples/formats", folder);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    unsigned n = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[GOLDEN_PATH_SIZE + 260];
        if (entry->d_name[0] == '.') {
            continue;
        }
        const struct fovea_stream_result *result = NULL;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
            .data = path };
        assert_ok(fovea_stream_put(stream, &item, n, &error), &error);
        assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
        assert_ok(fovea_stream_take(stream, &result, &error), &error);
        if (result->error.code) {
            fail_msg("%s: %s", entry->d_name, result->error.message);
        }
        static struct made made;
        decode(result->jpeg, result->row_bytes, &made);
        uint32_t width = result->facts->width_px;
        uint32_t height = result->facts->height_px;
        double ratio = fmax(1.0, (double)longer(width, height) / SIDE);
        if (fabs(made.info.width_px - width / ratio) > 0.51 ||
                fabs(made.info.height_px - height / ratio) > 0.51) {
            fail_msg("%s: %ux%u of %ux%u", entry->d_name, made.info.width_px,
                    made.info.height_px, width, height);
        }
        n++;
    }
    closedir(directory);
    assert_true(n > 60);
    fovea_stream_close(stream);
}

static double
difference(const struct made *a, const struct made *b)
{
    size_t n = (size_t)3 * a->info.width_px * a->info.height_px;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += abs(a->pixels[i] - b->pixels[i]);
    }
    return sum / (double)n;
}

/* All eight are one picture, stored in eight ways. */
static void
they_are_upright(void **state)
{
    (void)state;
    static struct made first;
    static struct made made;
    struct fovea_error error;
    open_model(SIDE);
    for (int i = 1; i <= N_TURNS; i++) {
        char rest[64];
        char path[GOLDEN_PATH_SIZE];
        (void)snprintf(rest, sizeof rest, "samples/formats/orientation_%d.jpg",
                i);
        golden_path(rest, path);
        const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
            .data = path };
        assert_ok(make(&item, i == 1 ? &first : &made, &error), &error);
        if (i > 1) {
            assert_int_equal(made.info.width_px, first.info.width_px);
            assert_int_equal(made.info.height_px, first.info.height_px);
            assert_true(difference(&made, &first) < 6);
        }
    }
}

/* A picture that is no larger: the same pixels, but for the JPEG. */
static void
colours_are_those_of_the_image(void **state)
{
    (void)state;
    static const char *const names[] = { "baseline.jpg", "rgb.png", "rgba.png",
        "cmyk.jpg", "lab.tif", "lossless.webp", "still.heic", "still.avif",
        "lossless.jxl", "lossless.jp2", "tiled.tif" };
    static struct made made;
    static struct made direct;
    struct fovea_error error;
    open_model(0);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char rest[64];
        (void)snprintf(rest, sizeof rest, "samples/formats/%s", names[i]);
        struct picture_bytes picture = picture_bytes_read(rest);
        const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = picture.bytes,
            .size = picture.size };
        assert_ok(make(&item, &made, &error), &error);
        struct fovea_limits limits = { 0 };
        limits = fovea_limits_resolve(&limits);
        const struct fovea_row_sink sink = { .context = &direct,
            .begin = begin,
            .row = take_row };
        struct fovea_input input;
        direct.n_rows = 0;
        fovea_input_from_memory(picture.bytes, picture.size, &input);
        assert_ok(fovea_image_decode(&input, &limits, &sink, &error), &error);
        assert_int_equal(made.info.width_px, direct.info.width_px);
        if (difference(&made, &direct) > 4) {
            fail_msg("%s differs by %f", names[i], difference(&made, &direct));
        }
        fovea_input_finish(&input);
        free(picture.bytes);
    }
}

/* Of noise a JPEG is as large as it gets; of a line one side is a part of a
   pixel. */
static void
what_is_hard_to_make_small_fits(void **state)
{
    (void)state;
    static const struct {
        uint32_t width;
        uint32_t height;
        bool is_grey;
    } sides[] = { { 512, 512, false }, { 512, 512, true }, { 2000, 1, false },
        { 1, 2000, false }, { 1, 1, false }, { 511, 513, false } };
    static struct made made;
    struct fovea_error error;
    open_model(MAX_SIDE);
    uint64_t random = 1;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sides); i++) {
        size_t n = (size_t)3 * sides[i].width * sides[i].height;
        FOVEA_AUTO_FREE uint8_t *file = malloc(n + 64);
        assert_non_null(file);
        int head = snprintf((char *)file, 64, "P6\n%u %u\n255\n",
                sides[i].width, sides[i].height);
        for (size_t at = 0; at < n; at++) {
            random = random * UINT64_C(6364136223846793005) + 1442695;
            file[(size_t)head + at] = (uint8_t)(random >> 63 ? 255 : 0);
            if (sides[i].is_grey && at % 3 > 0) {
                file[(size_t)head + at] = file[(size_t)head + at - 1];
            }
        }
        const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = file,
            .size = (size_t)head + n };
        assert_ok(make(&item, &made, &error), &error);
        assert_true(made.info.width_px >= 1 && made.info.height_px >= 1);
        assert_int_equal(longer(made.info.width_px, made.info.height_px),
                sides[i].width == 1 && sides[i].height == 1 ? 1 : MAX_SIDE);
    }
}

struct answer {
    sem_t done;
    enum fovea_status status;
    size_t size;
    uint8_t jpeg[8192];
};

static void
take(void *context, const struct fovea_error *result, const uint8_t *jpeg,
        size_t size, const struct fovea_timings *timings)
{
    struct answer *answer = context;
    (void)timings;
    answer->status = result->code;
    answer->size = size;
    assert_true(size <= sizeof answer->jpeg);
    if (jpeg) {
        memcpy(answer->jpeg, jpeg, size);
    }
    (void)sem_post(&answer->done);
}

static void
it_need_not_be_waited_for(void **state)
{
    (void)state;
    static struct answer answer;
    static struct made made;
    struct fovea_error error;
    char path[GOLDEN_PATH_SIZE];
    struct fovea_image_facts facts = FOVEA_IMAGE_FACTS_INIT;
    struct fovea_submit_options options = FOVEA_SUBMIT_OPTIONS_INIT;
    open_model(SIDE);
    golden_path("samples/formats/still.heic", path);
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path };
    options.facts_out = &facts;
    assert_int_equal(sem_init(&answer.done, 0, 0), 0);
    assert_ok(fovea_submit_thumbnail(golden.model, &item, &options, take,
                      &answer, NULL, &error),
            &error);
    while (sem_wait(&answer.done)) {
    }
    assert_int_equal(answer.status, FOVEA_OK);
    decode(answer.jpeg, answer.size, &made);
    assert_int_equal(made.info.width_px, SIDE);
    assert_string_equal(facts.format, "heif");
    (void)sem_destroy(&answer.done);
}

static void
what_is_no_image_has_none(void **state)
{
    (void)state;
    static struct made made;
    struct fovea_error error;
    open_model(SIDE);
    struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = "not an image",
        .size = 12 };
    assert_int_equal(make(&item, &made, &error), FOVEA_ERR_NOT_AN_IMAGE);
    item = (struct fovea_item){ .kind = FOVEA_ITEM_TEXT,
        .data = "a cat",
        .size = 5 };
    assert_int_equal(make(&item, &made, &error), FOVEA_ERR_ARGUMENT);
    assert_string_equal(error.message,
            "the item is a text, and texts have no thumbnails");
    assert_int_equal(fovea_thumbnail(golden.model, NULL, NULL, NULL, &error),
            FOVEA_ERR_ARGUMENT);
    assert_int_equal(fovea_thumbnail_max_bytes(NULL), 0);
}

static void
sides_have_bounds(void **state)
{
    (void)state;
    static const uint32_t bad[] = { 1, FOVEA_MIN_THUMBNAIL_PX - 1, MAX_SIDE + 1,
        UINT32_MAX };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        struct fovea_options options = FOVEA_OPTIONS_INIT;
        struct fovea *library = NULL;
        struct fovea_error error;
        options.thumbnail_px = bad[i];
        assert_int_equal(fovea_open(&options, &library, &error),
                FOVEA_ERR_ARGUMENT);
        if (!strstr(error.message, "thumbnail_px")) {
            fail_msg("%s", error.message);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_sample_has_one, close_model),
        cmocka_unit_test_teardown(they_are_upright, close_model),
        cmocka_unit_test_teardown(colours_are_those_of_the_image, close_model),
        cmocka_unit_test_teardown(what_is_hard_to_make_small_fits, close_model),
        cmocka_unit_test_teardown(it_need_not_be_waited_for, close_model),
        cmocka_unit_test_teardown(what_is_no_image_has_none, close_model),
        cmocka_unit_test(sides_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
