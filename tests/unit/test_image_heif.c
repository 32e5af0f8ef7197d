/*
 * HEIC and AVIF. Pillow cannot read them, so the pixels are held against the
 * scene that was coded: gradients and a disc, drawn again here.
 */
#include "base/macros.h"
#include "support/decoded.h"

enum {
    SIDE_PX = 16
};

static struct decoded
decode(const char *name)
{
    size_t size = 0;
    uint8_t *bytes = read_picture(name, &size);
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    assert_int_equal(decoded.info.width_px, SIDE_PX);
    assert_int_equal(decoded.info.height_px, SIDE_PX);
    assert_int_equal(decoded.info.orientation, 1);
    free(bytes);
    return decoded;
}

/* Mean difference of the samples, in 1/256. */
static uint64_t
difference(const struct decoded *a, const struct decoded *b)
{
    uint64_t sum = 0;
    size_t n = (size_t)SIDE_PX * SIDE_PX * 3;
    for (size_t i = 0; i < n; i++) {
        int d = a->pixels[i] - b->pixels[i];
        sum += (uint64_t)(d < 0 ? -d : d);
    }
    return sum * 256 / n;
}

/* The bottom right corner is bright, the top left one dark, the disc yellow. */
static void
assert_scene(const struct decoded *decoded)
{
    const uint8_t *first = decoded->pixels;
    const uint8_t *last = first + ((size_t)SIDE_PX * SIDE_PX - 1) * 3;
    const uint8_t *disc = first + ((size_t)7 * SIDE_PX + 7) * 3;
    assert_true(first[0] < 90 && first[1] < 90);
    assert_true(last[0] > 150 && last[1] > 150);
    assert_true(disc[0] > 150 && disc[1] > 130 && disc[2] < 130);
}

static void
pixels_are_near_those_encoded(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/heic", "heif/avif",
        "heif/alpha" };
    struct decoded best = decode("heif/lossless");
    assert_scene(&best);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct decoded decoded = decode(names[i]);
        assert_scene(&decoded);
        assert_true(difference(&decoded, &best) < (uint64_t)40 * 256);
        decoded_finish(&decoded);
    }
    decoded_finish(&best);
}

/* The primary image and not its thumbnail. */
static void
the_primary_image_is_decoded(void **state)
{
    (void)state;
    struct decoded decoded = decode("heif/thumb");
    assert_scene(&decoded);
    decoded_finish(&decoded);
}

/* libheif turns by the file's own property, and says nothing of it. An EXIF that
   says the same turn once more is history. */
static void
the_library_turns_once(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/turned", "heif/turned_exif" };
    uint64_t hashes[FOVEA_ARRAY_LEN(names)];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(names[i], &size);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
        assert_int_equal(decoded.info.width_px, 64);
        assert_int_equal(decoded.info.height_px, 128);
        assert_int_equal(decoded.info.orientation, 1);
        hashes[i] = decoded_hash(&decoded);
        decoded_finish(&decoded);
        free(bytes);
    }
    assert_true(hashes[0] == hashes[1]);
}

enum {
    MAX_FILE = 512
};

/* Boxes, each closed before the next one beside it is begun. */
struct boxes {
    uint8_t bytes[MAX_FILE];
    size_t size;
};

static void
add(struct boxes *boxes, const void *bytes, size_t size)
{
    assert_true(boxes->size + size <= MAX_FILE);
    memcpy(boxes->bytes + boxes->size, bytes, size);
    boxes->size += size;
}

static size_t
begin_box(struct boxes *boxes, const char *type)
{
    size_t at = boxes->size;
    add(boxes, "\0\0\0\0", 4);
    add(boxes, type, 4);
    return at;
}

static void
end_box(struct boxes *boxes, size_t at)
{
    boxes->bytes[at + 2] = (uint8_t)((boxes->size - at) >> 8);
    boxes->bytes[at + 3] = (uint8_t)(boxes->size - at);
}

/* Two items, of which the second is the primary one. */
static struct boxes
items_of(const char *first, const char *second, bool wide)
{
    struct boxes boxes = { 0 };
    size_t ftyp = begin_box(&boxes, "ftyp");
    add(&boxes, "mif1\0\0\0\0mif1", 12);
    end_box(&boxes, ftyp);
    size_t meta = begin_box(&boxes, "meta");
    add(&boxes, "\0\0\0\0", 4);
    size_t pitm = begin_box(&boxes, "pitm");
    add(&boxes, wide ? "\1\0\0\0\0\0\0\2" : "\0\0\0\0\0\2", wide ? 8 : 6);
    end_box(&boxes, pitm);
    size_t iinf = begin_box(&boxes, "iinf");
    add(&boxes, wide ? "\1\0\0\0\0\0\0\2" : "\0\0\0\0\0\2", wide ? 8 : 6);
    for (unsigned id = 1; id <= 2; id++) {
        size_t infe = begin_box(&boxes, "infe");
        uint8_t number[] = { wide ? 3 : 2, 0, 0, 0, 0, 0, 0, (uint8_t)id };
        add(&boxes, number, 4);
        add(&boxes, number + (wide ? 4 : 6), wide ? 4 : 2);
        add(&boxes, "\0\0", 2);
        add(&boxes, id == 1 ? first : second, 4);
        add(&boxes, "", 1);
        end_box(&boxes, infe);
    }
    end_box(&boxes, iinf);
    end_box(&boxes, meta);
    return boxes;
}

static void
foreign_codecs_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        const char *name;
    } cases[] = {
        { "hvc1", "jpeg", "JPEG inside is not supported" },
        { "Exif", "avc1", "AVC inside is not supported" },
        { "vvc1", "vvc1", "VVC inside is not supported" },
        { "j2k1", "j2k1", "JPEG 2000 inside is not supported" },
        { "jpeg", "grid", "JPEG inside is not supported" },
    };
    for (size_t i = 0; i < 2 * FOVEA_ARRAY_LEN(cases); i++) {
        struct boxes boxes =
                items_of(cases[i / 2].first, cases[i / 2].second, i % 2);
        assert_undecodable(boxes.bytes, boxes.size, FOVEA_ERR_IMAGE_UNSUPPORTED,
                cases[i / 2].name);
    }
    /* Of what libheif has, libheif says what is wrong. */
    struct boxes boxes = items_of("jpeg", "hvc1", false);
    struct decoded decoded;
    struct fovea_error error;
    assert_int_equal(
            decode_bytes(boxes.bytes, boxes.size, NULL, &decoded, &error),
            FOVEA_ERR_IMAGE_CORRUPT);
    decoded_finish(&decoded);
}

static void
damage_is_an_error(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("heif/heic", &size);
    struct decoded decoded;
    struct fovea_error error;
    memset(bytes + size / 2, 0, size - size / 2);
    enum fovea_status status =
            decode_bytes(bytes, size, NULL, &decoded, &error);
    assert_int_not_equal(status, FOVEA_OK);
    assert_non_null(strstr(error.message, "HEIF"));
    decoded_finish(&decoded);
    free(bytes);
}

static void
limits_hold_from_the_header(void **state)
{
    (void)state;
    assert_limits("heif/heic");
    assert_limits("heif/avif");
}

static void
cut_files_are_damaged(void **state)
{
    (void)state;
    assert_int_equal(assert_cut("heif/heic", 0), 0);
    assert_int_equal(assert_cut("heif/avif", 0), 0);
}

/* And in words of ours, whichever box libheif misses first. */
static void
a_cut_is_said(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_picture("heif/heic", &size);
    static const size_t parts[] = { 40, 2, 1 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(parts); i++) {
        assert_undecodable(bytes, size / parts[i] - 1,
                FOVEA_ERR_IMAGE_TRUNCATED, "the data ends");
    }
    free(bytes);
}

/* Pictures that are made of others: tests/golden/make_heif_grids.py. */

static void
grids_are_put_together(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/grid", "heif/grid_avif" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(names[i], &size);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
        assert_int_equal(decoded.info.width_px * 2,
                decoded.info.height_px * 3); /* 3 x 2 square tiles */
        decoded_finish(&decoded);
        free(bytes);
    }
}

static void
refuse(const char *name, const struct fovea_limits *limits,
        enum fovea_status status, const char *part)
{
    size_t size = 0;
    uint8_t *bytes = read_picture(name, &size);
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode_bytes(bytes, size, limits, &decoded, &error), &error,
            status, part);
    decoded_finish(&decoded);
    free(bytes);
}

/* A tile costs as often as it is used, by whatever way. */
static void
tiles_cost_as_often_as_they_are_used(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/many_tiles",
        "heif/many_tiles_avif", "heif/many_grids", "heif/many_overlays",
        "heif/many_alpha" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        refuse(names[i], NULL, FOVEA_ERR_IMAGE_TOO_COSTLY, "--max-image-work");
    }
    const struct fovea_limits limits = { .max_decode_work = 2000000 };
    refuse("heif/grid", &limits, FOVEA_ERR_IMAGE_TOO_COSTLY, "2000000");
}

static void
pictures_made_of_themselves_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/made_of_itself",
        "heif/each_others_alpha" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        refuse(names[i], NULL, FOVEA_ERR_IMAGE_CORRUPT, "made of each other");
    }
}

static void
pictures_made_of_no_pictures_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/made_of_a_stranger",
        "heif/made_of_nothing" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        refuse(names[i], NULL, FOVEA_ERR_IMAGE_CORRUPT, "made of what is none");
    }
}

/* libheif would have gone by the other, and ended the process or read what is not
   the picture's. */
static void
an_index_says_one_thing(void **state)
{
    (void)state;
    static const char *const names[] = { "heif/same_number",
        "heif/long_reference", "heif/hidden_reference",
        "heif/endless_reference", "heif/wide_crop" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        refuse(names[i], NULL, FOVEA_ERR_IMAGE_CORRUPT, "read in two ways");
    }
    refuse("heif/two_indexes", NULL, FOVEA_ERR_IMAGE_CORRUPT,
            "more than one index");
}

/* Boxes of nothing, before what would be the picture. */
static void
an_index_is_not_looked_for_for_ever(void **state)
{
    (void)state;
    enum {
        N_EMPTY = 1024
    };
    size_t size = 0;
    uint8_t *bytes = read_picture("heif/heic", &size);
    size_t head = bytes[3]; /* of ftyp */
    size_t more = (size_t)N_EMPTY * 8;
    uint8_t *file = malloc(size + more);
    assert_non_null(file);
    memcpy(file, bytes, head);
    for (size_t i = 0; i < N_EMPTY; i++) {
        memcpy(file + head + i * 8, "\0\0\0\10free", 8);
    }
    memcpy(file + head + more, bytes + head, size - head);
    assert_undecodable(file, size + more, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "1024 boxes");
    free(file);
    free(bytes);
}

static void
parts_keep_to_their_picture(void **state)
{
    (void)state;
    refuse("heif/overlay_outside", NULL, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "begins outside");
    refuse("heif/small_alpha", NULL, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "tiles with alpha");
}

/* The index is held against the data, and its parts against each other. */
static void
sizes_that_are_lies_are_refused(void **state)
{
    (void)state;
    refuse("heif/large_canvas", NULL, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS,
            "65000x65000");
    static const char *const names[] = { "heif/large_tile",
        "heif/large_tile_avif" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(names[i], &size);
        struct decoded decoded;
        struct fovea_error error;
        assert_int_not_equal(decode_bytes(bytes, size, NULL, &decoded, &error),
                FOVEA_OK);
        decoded_finish(&decoded);
        free(bytes);
    }
}

static void
memory_is_limited(void **state)
{
    (void)state;
    const struct fovea_limits limits = { .max_decode_bytes = 1 << 20 };
    refuse("heif/heic", &limits, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
            "--max-image-memory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_near_those_encoded),
        cmocka_unit_test(the_primary_image_is_decoded),
        cmocka_unit_test(the_library_turns_once),
        cmocka_unit_test(foreign_codecs_are_named),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(limits_hold_from_the_header),
        cmocka_unit_test(cut_files_are_damaged),
        cmocka_unit_test(a_cut_is_said),
        cmocka_unit_test(grids_are_put_together),
        cmocka_unit_test(tiles_cost_as_often_as_they_are_used),
        cmocka_unit_test(pictures_made_of_themselves_are_refused),
        cmocka_unit_test(pictures_made_of_no_pictures_are_refused),
        cmocka_unit_test(an_index_says_one_thing),
        cmocka_unit_test(an_index_is_not_looked_for_for_ever),
        cmocka_unit_test(parts_keep_to_their_picture),
        cmocka_unit_test(sizes_that_are_lies_are_refused),
        cmocka_unit_test(memory_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
