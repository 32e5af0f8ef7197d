/*
 * Pixels against tests/golden/reference.py: every sample that Pillow reads,
 * cropped to 224 with the bicubic filter and to 64 with the bilinear one, as Pillow
 * and as torchvision do it, has to be equal in every bit.
 */
#include <dirent.h>

#include "support/golden.h"
#include "support/sha256.h"
#include "support/test.h"

enum {
    MAX_SAMPLES = 256,
    NAME_SIZE = 64,
    QUICK_SIDE = 64,
    QUICK_BYTES = QUICK_SIDE * QUICK_SIDE * 3,
};

/* A line of pixels.txt: models/full and models/quick, by whose pixels. */
struct expected {
    char full[2][SHA256_HEX_SIZE];
    char quick[2][SHA256_HEX_SIZE];
    char name[NAME_SIZE];
};

static struct expected expected[MAX_SAMPLES];
static size_t n_expected;

static int
read_expected(void **state)
{
    (void)state;
    char path[GOLDEN_PATH_SIZE];
    char line[512];
    golden_path("tests/golden/pixels.txt", path);
    FILE *file = fopen(path, "r");
    if (!file) {
        return -1;
    }
    int bad = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') {
            continue;
        }
        struct expected *row = &expected[n_expected++];
        if (n_expected == MAX_SAMPLES ||
                sscanf(line, "%64s %64s %64s %64s %63s", row->full[0],
                        row->quick[0], row->full[1], row->quick[1],
                        row->name) != 5) {
            bad = 1;
            break;
        }
    }
    return fclose(file) || bad ? -1 : 0;
}

/* The crop of one sample, in memory to be freed. */
static uint8_t *
crop_of(const struct golden_model *golden, const char *name, size_t size)
{
    char rest[NAME_SIZE + 16];
    char path[GOLDEN_PATH_SIZE];
    struct fovea_error result;
    struct fovea_error error;
    (void)snprintf(rest, sizeof rest, "samples/%s", name);
    golden_path(rest, path);
    const struct fovea_item image = { .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path };
    uint8_t *pixels = malloc(size);
    assert_non_null(pixels);
    assert_ok(fovea_preprocess_batch(golden->model, &image, 1, pixels, &result,
                      &error),
            &error);
    if (result.code != FOVEA_OK) {
        print_message("# %s: %s\n", name, result.message);
        memset(pixels, 0, size);
    }
    return pixels;
}

static void
check_all(const char *model, size_t side, size_t column,
        enum fovea_pixels whose)
{
    size_t n_wrong = 0;
    struct golden_model golden = golden_open_with(model,
            &(struct fovea_options){ .struct_size =
                                             sizeof(struct fovea_options),
                    .pixels = whose });
    assert_string_equal(fovea_model_describe(golden.model)->pixels,
            whose ? "torchvision" : "pil");
    for (size_t i = 0; i < n_expected; i++) {
        char hex[SHA256_HEX_SIZE];
        uint8_t *pixels = crop_of(&golden, expected[i].name, side * side * 3);
        sha256_hex(pixels, side * side * 3, hex);
        free(pixels);
        if (strcmp(hex,
                    column ? expected[i].quick[whose]
                           : expected[i].full[whose]) != 0) {
            print_message("# %s differs\n", expected[i].name);
            n_wrong++;
        }
    }
    golden_close(&golden);
    if (n_wrong > 0) {
        fail_msg("%zu of %zu samples differ at %zu", n_wrong, n_expected, side);
    }
}

static void
the_hash_is_sha_256(void **state)
{
    (void)state;
    char hex[SHA256_HEX_SIZE];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex,
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
            hex);
    assert_string_equal(hex,
            "248d6a61d20638b8e5c026930c3e6039"
            "a33ce45964ff2167f6ecedd419db06c1");
}

static void
bicubic_crops_of_224_are_equal(void **state)
{
    (void)state;
    check_all("full", 224, 0, FOVEA_PIXELS_PIL);
}

static void
bilinear_crops_of_64_are_equal(void **state)
{
    (void)state;
    check_all("quick", QUICK_SIDE, 1, FOVEA_PIXELS_PIL);
}

static void
torchvisions_bicubic_crops_are_equal(void **state)
{
    (void)state;
    check_all("full", 224, 0, FOVEA_PIXELS_TORCHVISION);
}

static void
torchvisions_bilinear_crops_are_equal(void **state)
{
    (void)state;
    check_all("quick", QUICK_SIDE, 1, FOVEA_PIXELS_TORCHVISION);
}

static void
a_crop_is_equal_sample_by_sample(void **state)
{
    (void)state;
    uint8_t *wanted =
            golden_read_npy("pixels", "|u1", "(64, 64, 3)", QUICK_BYTES);
    struct golden_model golden = golden_open("quick", FOVEA_DTYPE_F32, 1, 0);
    uint8_t *pixels =
            crop_of(&golden, "formats/orientation_6.jpg", QUICK_BYTES);
    for (size_t i = 0; i < QUICK_BYTES; i++) {
        if (pixels[i] != wanted[i]) {
            fail_msg("row %zu, column %zu, channel %zu: %u, expected %u",
                    i / 3 / QUICK_SIDE, i / 3 % QUICK_SIDE, i % 3, pixels[i],
                    wanted[i]);
        }
    }
    free(pixels);
    free(wanted);
    golden_close(&golden);
}

static bool
is_expected(const char *name)
{
    for (size_t i = 0; i < n_expected; i++) {
        if (strcmp(expected[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t
count_unexpected(const char *folder)
{
    char rest[NAME_SIZE];
    char path[GOLDEN_PATH_SIZE];
    size_t n = 0;
    (void)snprintf(rest, sizeof rest, "samples/%s", folder);
    golden_path(rest, path);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry = readdir(directory); entry;
            entry = readdir(directory)) {
        char name[NAME_SIZE * 8];
        (void)snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && !is_expected(name)) {
            n++;
        }
    }
    assert_int_equal(closedir(directory), 0);
    return n;
}

/* A sample without an expected value would go unchecked without a word. */
static void
only_what_pillow_cannot_read_has_no_reference(void **state)
{
    (void)state;
    assert_true(n_expected > 80);
    assert_int_equal(count_unexpected("scenes"), 0);
    assert_int_equal(count_unexpected("formats"), 3);
    assert_false(is_expected("formats/still.heic"));
    assert_false(is_expected("formats/still.avif"));
    assert_false(is_expected("formats/lab.tif"));
}

/* Two files of one picture: the mean difference is at most this. */
static void
assert_same_picture(const char *one, const char *other, unsigned long most)
{
    struct golden_model golden = golden_open("quick", FOVEA_DTYPE_F32, 1, 0);
    uint8_t *a = crop_of(&golden, one, QUICK_BYTES);
    uint8_t *b = crop_of(&golden, other, QUICK_BYTES);
    unsigned long total = 0;
    unsigned darkest = 255;
    unsigned brightest = 0;
    for (size_t i = 0; i < QUICK_BYTES; i++) {
        total += (unsigned long)abs((int)a[i] - (int)b[i]);
        darkest = a[i] < darkest ? a[i] : darkest;
        brightest = a[i] > brightest ? a[i] : brightest;
    }
    assert_in_range(total, 0, most * QUICK_BYTES);
    assert_true(brightest - darkest > 150);
    free(a);
    free(b);
    golden_close(&golden);
}

/* Pillow reads neither, so they are held against each other: one picture, two
   codecs. 4 levels is what quantisation at this quality costs on average. */
static void
heic_and_avif_show_the_same_picture(void **state)
{
    (void)state;
    assert_same_picture("formats/still.heic", "formats/still.avif", 4);
}

/* Colours that another colour management made, and that libtiff takes back. */
static void
lab_shows_the_picture_that_it_was_made_of(void **state)
{
    (void)state;
    assert_same_picture("formats/lab.tif", "formats/none.tif", 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_sha_256),
        cmocka_unit_test(bicubic_crops_of_224_are_equal),
        cmocka_unit_test(bilinear_crops_of_64_are_equal),
        cmocka_unit_test(torchvisions_bicubic_crops_are_equal),
        cmocka_unit_test(torchvisions_bilinear_crops_are_equal),
        cmocka_unit_test(a_crop_is_equal_sample_by_sample),
        cmocka_unit_test(only_what_pillow_cannot_read_has_no_reference),
        cmocka_unit_test(heic_and_avif_show_the_same_picture),
        cmocka_unit_test(lab_shows_the_picture_that_it_was_made_of),
    };
    return cmocka_run_group_tests(tests, read_expected, NULL);
}
