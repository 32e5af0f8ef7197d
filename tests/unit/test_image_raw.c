/* Raw photographs: which preview is taken of each kind, and what is refused. */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_jpeg.h"
#include "support/image_raw.h"

enum {
    LARGE_WIDTH = 600,
    LARGE_HEIGHT = 400,
    SMALL_WIDTH = 160,
    SMALL_HEIGHT = 120,
    LARGE_LEVEL = 200,
    SMALL_LEVEL = 50
};

static struct jpeg_file large;
static struct jpeg_file small;
static struct jpeg_file turned; /* as large, with an EXIF that says 3 */
static struct raw_file file;

static int
write_previews(void **state)
{
    (void)state;
    static const struct jpeg_wish wishes[] = {
        { .width = LARGE_WIDTH, .height = LARGE_HEIGHT, .n_components = 3 },
        { .width = SMALL_WIDTH, .height = SMALL_HEIGHT, .n_components = 3 },
    };
    static const uint8_t levels[2][3] = {
        { LARGE_LEVEL, LARGE_LEVEL, LARGE_LEVEL },
        { SMALL_LEVEL, SMALL_LEVEL, SMALL_LEVEL },
    };
    static const char exif[] = "\xff\xe1\0\x22"
                               "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0"
                               "\3\0\0\0\0\0\0\0";
    jpeg_write(&large, &wishes[0], levels[0], false);
    jpeg_write(&turned, &wishes[0], levels[0], false);
    jpeg_write(&small, &wishes[1], levels[1], false);
    jpeg_insert(&turned, 2, exif, sizeof exif - 1);
    return 0;
}

static int
free_previews(void **state)
{
    (void)state;
    jpeg_finish(&large);
    jpeg_finish(&turned);
    jpeg_finish(&small);
    return 0;
}

static struct raw_blob
blob_of(const struct jpeg_file *jpeg)
{
    return (struct raw_blob){ jpeg->bytes, jpeg->size };
}

static struct raw_parts
usual_parts(void)
{
    return (struct raw_parts){
        .preview = blob_of(&large),
        .thumbnail = blob_of(&small),
        .orientation = 6,
        .sensor_width = 6000,
        .sensor_height = 4000,
    };
}

static void
compose(const struct raw_kind *kind, const struct raw_parts *parts)
{
    memset(&file, 0, sizeof file);
    kind->compose(parts, &file);
    print_message("# %s\n", kind->name);
}

/* In memory of its own size, nearly, so that bytes too far are seen. */
static enum fovea_status
decode(size_t size, struct decoded *decoded, struct fovea_error *err)
{
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, file.bytes, size);
    enum fovea_status status = decode_bytes(copy, size, NULL, decoded, err);
    free(copy);
    return status;
}

static void
refuse(enum fovea_status expected, const char *part)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode(file.size, &decoded, &error), &error, expected, part);
    assert_int_equal(error.notes, 0);
    decoded_finish(&decoded);
}

static void
assert_preview(const char *name, unsigned orientation)
{
    char note[80];
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode(file.size, &decoded, &error), &error);
    assert_int_equal(decoded.info.format, FOVEA_FORMAT_RAW);
    assert_int_equal(decoded.info.width_px, LARGE_WIDTH);
    assert_int_equal(decoded.info.height_px, LARGE_HEIGHT);
    assert_int_equal(decoded.info.orientation, orientation);
    assert_pixel(&decoded, 0, 0, LARGE_LEVEL, LARGE_LEVEL, LARGE_LEVEL);
    assert_int_equal(error.notes, FOVEA_NOTE_PREVIEW);
    (void)snprintf(note, sizeof note,
            "the embedded preview of a raw photograph (%s), %s", name,
            orientation < 5 ? "600x400" : "400x600");
    assert_string_equal(error.message, note);
    decoded_finish(&decoded);
}

static bool
is_kind(const struct raw_kind *kind, const char *name)
{
    return strcmp(kind->name, name) == 0;
}

static void
the_largest_preview_of_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        compose(&raw_kinds[i], &parts);
        /* A RAF says in its preview alone how that is to be turned. */
        assert_preview(raw_kinds[i].name,
                is_kind(&raw_kinds[i], "RAF") ? 1 : 6);
    }
}

/* The other way round: neither the order nor the place counts. */
static void
the_largest_preview_wherever_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        if (is_kind(&raw_kinds[i], "RAF") || is_kind(&raw_kinds[i], "RW2")) {
            continue; /* there is but one in them */
        }
        parts.preview = blob_of(&small);
        parts.thumbnail = blob_of(&large);
        compose(&raw_kinds[i], &parts);
        assert_preview(raw_kinds[i].name, 6);
    }
}

static void
the_previews_own_orientation_goes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        parts.preview = blob_of(&turned);
        compose(&raw_kinds[i], &parts);
        assert_preview(raw_kinds[i].name, 3);
    }
}

static void
no_orientation_is_upright(void **state)
{
    (void)state;
    for (unsigned odd = 0; odd <= 9; odd += 9) {
        struct raw_parts parts = usual_parts();
        parts.orientation = odd;
        compose(&raw_kinds[0], &parts);
        assert_preview(raw_kinds[0].name, 1);
    }
}

static void
a_thumbnail_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        parts.preview = blob_of(&small);
        compose(&raw_kinds[i], &parts);
        refuse(FOVEA_ERR_IMAGE_UNSUPPORTED,
                "the largest embedded preview is 160x120");
        char name[40];
        (void)snprintf(name, sizeof name,
                "raw photograph (%s): ", raw_kinds[i].name);
        refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, name);
    }
}

/* A small sensor's preview may be small: 160 is a quarter of 640. */
static void
a_quarter_of_the_sensor_is_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        parts.preview = blob_of(&small);
        parts.sensor_width = 640;
        parts.sensor_height = 480;
        if (is_kind(&raw_kinds[i], "RAF") || is_kind(&raw_kinds[i], "IIQ")) {
            continue; /* which do not say how large that is */
        }
        compose(&raw_kinds[i], &parts);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode(file.size, &decoded, &error), &error);
        assert_int_equal(decoded.info.width_px, SMALL_WIDTH);
        decoded_finish(&decoded);
        parts.sensor_width = 644;
        compose(&raw_kinds[i], &parts);
        refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "160x120");
    }
}

static void
no_preview_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        parts.preview.size = 0;
        parts.thumbnail.size = 0;
        compose(&raw_kinds[i], &parts);
        refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "no preview is embedded");
    }
}

/* However it is cut: an error, or the whole preview. */
static void
cut_files_never_give_half_a_preview(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_raw_kinds; i++) {
        struct raw_parts parts = usual_parts();
        compose(&raw_kinds[i], &parts);
        for (size_t n = 0; n < file.size; n += n < 64 ? 1 : 61) {
            struct decoded decoded;
            struct fovea_error error;
            if (!decode(n, &decoded, &error)) {
                assert_int_equal(decoded.info.width_px, LARGE_WIDTH);
            }
            decoded_finish(&decoded);
        }
    }
}

static void
a_preview_behind_the_end_is_truncated(void **state)
{
    (void)state;
    struct raw_parts parts = usual_parts();
    memset(&file, 0, sizeof file);
    raw_begin(&file, false, "IIU\0");
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        { 46, RAW_UNDEFINED, (uint32_t)parts.preview.size, 1 << 20 },
    };
    raw_set_first(&file, raw_directory(&file, first, 0));
    refuse(FOVEA_ERR_IMAGE_TRUNCATED, "ends before its preview");
}

static void
a_damaged_preview_is_an_error(void **state)
{
    (void)state;
    struct raw_parts parts = usual_parts();
    parts.preview.size /= 2;
    parts.thumbnail.size = 0;
    compose(&raw_kinds[1], &parts);
    refuse(FOVEA_ERR_IMAGE_TRUNCATED, "raw photograph (NEF): JPEG");
    /* Where damage is accepted the answer has both notes. */
    parts.preview.size = parts.preview.size * 2 - 200;
    compose(&raw_kinds[1], &parts);
    struct decoded decoded;
    struct fovea_error error;
    struct fovea_limits limits = { .damaged = FOVEA_DAMAGED_ACCEPT };
    assert_ok(decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
            &error);
    assert_int_equal(error.notes, FOVEA_NOTE_PREVIEW | FOVEA_NOTE_DAMAGED);
    assert_non_null(strstr(error.message, "(NEF), 400x600"));
    decoded_finish(&decoded);
}

/* What a camera or a scanner writes when it is asked for a TIFF. */
static void
an_ordinary_tiff_stays_one(void **state)
{
    (void)state;
    for (int child = 0; child < 2; child++) {
        memset(&file, 0, sizeof file);
        raw_begin(&file, false, "II*\0");
        uint32_t make = raw_add(&file, "NIKON", 6);
        const struct raw_entry other[RAW_MAX_ENTRIES] = {
            { 513, RAW_LONG, 1, raw_add(&file, large.bytes, large.size) },
            { 514, RAW_LONG, 1, (uint32_t)large.size },
        };
        uint32_t next = raw_directory(&file, other, 0);
        const struct raw_entry first[RAW_MAX_ENTRIES] = {
            { 256, RAW_LONG, 1, 1 },
            { 257, RAW_LONG, 1, 1 },
            { 258, RAW_SHORT, 1, 8 },
            { 259, RAW_SHORT, 1, 1 },
            { 262, RAW_SHORT, 1, 1 },
            { 271, RAW_TEXT, 6, make },
            { 273, RAW_LONG, 1, make },
            { 277, RAW_SHORT, 1, 1 },
            { 279, RAW_LONG, 1, 1 },
            { child ? 330 : 0, RAW_LONG, 1, next },
        };
        raw_set_first(&file, raw_directory(&file, first, child ? 0 : next));
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode(file.size, &decoded, &error), &error);
        assert_int_equal(decoded.info.format, FOVEA_FORMAT_TIFF);
        assert_int_equal(error.notes, 0);
        assert_pixel(&decoded, 0, 0, 'N', 'N', 'N');
        decoded_finish(&decoded);
    }
}

/* Sensor data in a file that no camera says it is of: the TIFF decoder's. */
static void
sensor_data_without_a_maker_is_no_photograph(void **state)
{
    (void)state;
    memset(&file, 0, sizeof file);
    raw_begin(&file, false, "II*\0");
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        { 256, RAW_LONG, 1, 1 },
        { 257, RAW_LONG, 1, 1 },
        { 258, RAW_SHORT, 1, 8 },
        { 259, RAW_SHORT, 1, 1 },
        { 262, RAW_SHORT, 1, 32803 },
        { 273, RAW_LONG, 1, 0 },
        { 279, RAW_LONG, 1, 1 },
    };
    raw_set_first(&file, raw_directory(&file, first, 0));
    refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "raw camera sensor");
}

/* Directories that lead back, are endless in number, or have more entries and
   children than there are bytes. */
static void
no_walk_is_endless(void **state)
{
    (void)state;
    memset(&file, 0, sizeof file);
    raw_begin(&file, false, "IIRO");
    const struct raw_entry loop[RAW_MAX_ENTRIES] = {
        { 271, RAW_TEXT, UINT32_MAX, 8 },
        { 330, RAW_LONG, UINT32_MAX, 8 },
        { 513, RAW_LONG, UINT32_MAX, UINT32_MAX },
        { 514, RAW_LONG, 1, UINT32_MAX },
        { 34665, RAW_LONG, 1, 8 },
    };
    raw_set_first(&file, raw_directory(&file, loop, 8));
    refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "no preview is embedded");
    memset(&file, 0, sizeof file);
    raw_begin(&file, false, "IIRO");
    uint32_t next = 0;
    for (int i = 0; i < 1000; i++) {
        const struct raw_entry entry[RAW_MAX_ENTRIES] = {
            { 256, RAW_LONG, 1, 1 },
        };
        next = raw_directory(&file, entry, next);
    }
    raw_set_first(&file, next);
    refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "no preview is embedded");
    /* A heap that has itself in it, and too many entries. */
    memset(&file, 0, sizeof file);
    (void)raw_add(&file, "II\x0e\0\0\0HEAPCCDR", 14);
    raw_put(&file, 2, 2);
    for (int i = 0; i < 2; i++) {
        raw_put(&file, 0x300a, 2);
        raw_put(&file, i ? UINT32_MAX : 26, 4);
        raw_put(&file, 0, 4);
    }
    raw_put(&file, 0, 4);
    refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "no preview is embedded");
    memset(&file, 0xff, sizeof file.bytes);
    memcpy(file.bytes, "IIU\0\x08\0\0\0", 8);
    file.size = RAW_MAX_FILE;
    refuse(FOVEA_ERR_IMAGE_UNSUPPORTED, "no preview is embedded");
}

static void
limits_are_the_files_and_the_previews(void **state)
{
    (void)state;
    struct raw_parts parts = usual_parts();
    struct decoded decoded;
    struct fovea_error error;
    compose(&raw_kinds[0], &parts);
    struct fovea_limits limits = { .max_pixels = (uint64_t)LARGE_WIDTH *
                LARGE_HEIGHT };
    assert_ok(decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
            &error);
    decoded_finish(&decoded);
    limits.max_pixels--;
    assert_fails(decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
            &error, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "raw photograph (CR2)");
    limits = (struct fovea_limits){ .max_bytes = file.size - 1 };
    assert_fails(decode_bytes(file.bytes, file.size, &limits, &decoded, &error),
            &error, FOVEA_ERR_IMAGE_TOO_MANY_BYTES, "limit");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_preview_of_each_kind),
        cmocka_unit_test(the_largest_preview_wherever_it_is),
        cmocka_unit_test(the_previews_own_orientation_goes_first),
        cmocka_unit_test(no_orientation_is_upright),
        cmocka_unit_test(a_thumbnail_is_refused),
        cmocka_unit_test(a_quarter_of_the_sensor_is_enough),
        cmocka_unit_test(no_preview_is_refused),
        cmocka_unit_test(cut_files_never_give_half_a_preview),
        cmocka_unit_test(a_preview_behind_the_end_is_truncated),
        cmocka_unit_test(a_damaged_preview_is_an_error),
        cmocka_unit_test(an_ordinary_tiff_stays_one),
        cmocka_unit_test(sensor_data_without_a_maker_is_no_photograph),
        cmocka_unit_test(no_walk_is_endless),
        cmocka_unit_test(limits_are_the_files_and_the_previews),
    };
    return cmocka_run_group_tests(tests, write_previews, free_previews);
}
