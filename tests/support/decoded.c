/* See decoded.h. */
#include "decoded.h"

#include "base/macros.h"
#include "image/damage.h"
#include "option/limits.h"

/* Made by tests/golden/make_decoded.py. */
static const struct known_picture known_pictures[] = {
#include "../golden/decoded.inc"
};

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct decoded *decoded = context;
    assert_null(decoded->pixels);
    decoded->info = *info;
    decoded->pixels = calloc((size_t)info->height_px * info->width_px, 3);
    assert_non_null(decoded->pixels);
    return FOVEA_OK;
}

static enum fovea_status
row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct decoded *decoded = context;
    size_t size = (size_t)decoded->info.width_px * 3;
    assert_true(decoded->n_rows < decoded->info.height_px);
    memcpy(decoded->pixels + decoded->n_rows * size, rgb, size);
    decoded->n_rows++;
    return FOVEA_OK;
}

enum fovea_status
decode_bytes(const void *bytes, size_t size, const struct fovea_limits *limits,
        struct decoded *decoded, struct fovea_error *err)
{
    static const struct fovea_limits none;
    struct fovea_limits resolved =
            fovea_limits_resolve(limits ? limits : &none);
    struct fovea_input input = FOVEA_INPUT_INIT;
    fovea_input_from_memory(bytes, size, &input);
    memset(decoded, 0, sizeof *decoded);
    memset(err, 0, sizeof *err);
    struct fovea_row_sink sink = {
        .context = decoded,
        .begin = begin,
        .row = row,
    };
    enum fovea_status status =
            fovea_image_decode(&input, &resolved, &sink, err);
    fovea_input_finish(&input);
    if (!status) {
        assert_int_equal(decoded->n_rows, decoded->info.height_px);
    } else {
        assert_int_equal(err->code, status);
        assert_true(err->message[0] != '\0');
    }
    return status;
}

void
decoded_finish(struct decoded *decoded)
{
    free(decoded->pixels);
    decoded->pixels = NULL;
}

void
assert_undecodable(const void *bytes, size_t size, enum fovea_status expected,
        const char *part)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode_bytes(bytes, size, NULL, &decoded, &error), &error,
            expected, part);
    decoded_finish(&decoded);
}

uint64_t
decoded_hash(const struct decoded *decoded)
{
    size_t n = (size_t)decoded->info.width_px * decoded->info.height_px * 3;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ decoded->pixels[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

void
assert_pixel(const struct decoded *decoded, uint32_t x, uint32_t y, uint8_t red,
        uint8_t green, uint8_t blue)
{
    const uint8_t *rgb =
            decoded->pixels + ((size_t)y * decoded->info.width_px + x) * 3;
    if (rgb[0] != red || rgb[1] != green || rgb[2] != blue) {
        fail_msg("pixel %u, %u is %u, %u, %u and not %u, %u, %u", x, y, rgb[0],
                rgb[1], rgb[2], red, green, blue);
    }
}

uint8_t *
read_picture(const char *name, size_t *size_out)
{
    char path[512];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus/fuzz_decode_%s",
            root ? root : ".", name);
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &bytes, size_out, &error), &error);
    uint8_t *copy = malloc(*size_out);
    assert_non_null(copy);
    memcpy(copy, bytes, *size_out);
    fovea_input_finish(&input);
    return copy;
}

static void
assert_picture(const struct known_picture *picture)
{
    size_t size = 0;
    uint8_t *bytes = read_picture(picture->name, &size);
    struct decoded decoded;
    struct fovea_error error;
    enum fovea_status status =
            decode_bytes(bytes, size, NULL, &decoded, &error);
    if (status) {
        fail_msg("%s: %s", picture->name, error.message);
    }
    assert_int_equal(decoded.info.width_px, picture->width_px);
    assert_int_equal(decoded.info.height_px, picture->height_px);
    if (decoded_hash(&decoded) != picture->hash) {
        fail_msg("%s: its pixels are not the reference's", picture->name);
    }
    decoded_finish(&decoded);
    free(bytes);
}

void
assert_known(const char *format)
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(known_pictures); i++) {
        if (strncmp(known_pictures[i].name, format, strlen(format)) == 0) {
            assert_picture(&known_pictures[i]);
            n++;
        }
    }
    assert_true(n > 0);
}

static void
assert_refused(const uint8_t *bytes, size_t size,
        const struct fovea_limits *limits, enum fovea_status expected)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_fails(decode_bytes(bytes, size, limits, &decoded, &error), &error,
            expected, "limit");
    assert_null(decoded.pixels);
}

void
assert_limits(const char *name)
{
    size_t size = 0;
    uint8_t *bytes = read_picture(name, &size);
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
    uint32_t width = decoded.info.width_px;
    uint32_t height = decoded.info.height_px;
    decoded_finish(&decoded);
    uint32_t side = width > height ? width : height;
    struct fovea_limits limits = {
        .max_bytes = size,
        .max_pixels = (uint64_t)width * height,
        .max_side_px = side,
    };
    assert_ok(decode_bytes(bytes, size, &limits, &decoded, &error), &error);
    decoded_finish(&decoded);
    limits.max_bytes--;
    assert_refused(bytes, size, &limits, FOVEA_ERR_IMAGE_TOO_MANY_BYTES);
    limits.max_bytes++;
    limits.max_pixels--;
    assert_refused(bytes, size, &limits, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS);
    limits.max_pixels++;
    limits.max_side_px--;
    assert_refused(bytes, size, &limits, FOVEA_ERR_IMAGE_SIDE_TOO_LONG);
    free(bytes);
}

/* How many rows a damaged picture has, as its note says. */
static uint32_t
rows_of_note(const char *message, uint32_t height)
{
    char expected[64];
    const char *at = strstr(message, "; ");
    uint32_t n = at ? (uint32_t)strtoul(at + 2, NULL, 10) : 0;
    if (at && strncmp(at, "; all ", 6) == 0) {
        return height;
    }
    (void)snprintf(expected, sizeof expected, "; %u of %u rows could be ", n,
            height);
    if (!strstr(message, expected)) {
        fail_msg("no number of rows: %s", message);
    }
    return n;
}

static bool
is_grey(const uint8_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (samples[i] != FOVEA_DAMAGE_FILL) {
            return false;
        }
    }
    return true;
}

void
assert_damaged(const struct decoded *decoded, const struct decoded *whole,
        const struct fovea_error *error)
{
    assert_int_equal(error->code, FOVEA_OK);
    assert_int_equal(error->notes, FOVEA_NOTE_DAMAGED);
    assert_int_equal(decoded->info.width_px, whole->info.width_px);
    assert_int_equal(decoded->info.height_px, whole->info.height_px);
    uint32_t height = whole->info.height_px;
    uint32_t n = rows_of_note(error->message, height);
    size_t stride = (size_t)whole->info.width_px * 3;
    size_t good = n * stride;
    size_t lost = (height - n) * stride;
    assert_true(n >= height - n);
    /* At the end, or, of a picture stored from the bottom up, at the start. */
    bool at_end = is_grey(decoded->pixels + good, lost) &&
            memcmp(decoded->pixels, whole->pixels, good) == 0;
    bool at_start = is_grey(decoded->pixels, lost) &&
            memcmp(decoded->pixels + lost, whole->pixels + lost, good) == 0;
    if (!at_end && !at_start) {
        fail_msg("rows are not exact: %s", error->message);
    }
}

enum fovea_status
decode_by_both(const void *bytes, size_t size, const struct decoded *whole,
        struct fovea_error *err)
{
    const struct fovea_limits accepting = { .damaged = FOVEA_DAMAGED_ACCEPT };
    struct decoded refused;
    struct decoded accepted;
    struct fovea_error error;
    enum fovea_status status = decode_bytes(bytes, size, NULL, &refused, err);
    bool is_taken = !decode_bytes(bytes, size, &accepting, &accepted, &error);
    assert_int_equal(err->notes, 0);
    if (status == FOVEA_OK) {
        /* What is whole is exact, and nobody has a word to say about it. */
        assert_true(is_taken);
        assert_int_equal(error.notes, 0);
        assert_int_equal(refused.info.height_px, whole->info.height_px);
        if (decoded_hash(&refused) != decoded_hash(whole)) {
            fail_msg("%zu bytes are read as another picture", size);
        }
        assert_true(decoded_hash(&accepted) == decoded_hash(whole));
    } else {
        assert_int_equal(is_taken,
                strstr(err->message, "--damaged accept") != NULL);
    }
    if (status && is_taken) {
        assert_damaged(&accepted, whole, &error);
    }
    decoded_finish(&refused);
    decoded_finish(&accepted);
    return status;
}

size_t
assert_cut(const char *name, size_t n_spare)
{
    enum {
        TELLING = 22 /* bytes that any format can be told from */
    };
    size_t size = 0;
    uint8_t *bytes = read_picture(name, &size);
    struct decoded whole;
    struct fovea_error error;
    assert_ok(decode_bytes(bytes, size, NULL, &whole, &error), &error);
    size_t n_worth = 0;
    for (size_t n = 0; n < size; n++) {
        /* A copy of its own, so that reading past the cut is seen. */
        uint8_t *cut = malloc(n + 1);
        assert_non_null(cut);
        memcpy(cut, bytes, n);
        enum fovea_status status = decode_by_both(cut, n, &whole, &error);
        bool right = status == FOVEA_ERR_IMAGE_TRUNCATED ||
                (n < TELLING && status == FOVEA_ERR_NOT_AN_IMAGE) ||
                (n >= size - n_spare && status == FOVEA_OK);
        if (!right) {
            fail_msg("%s cut to %zu bytes: %s: %s", name, n,
                    fovea_status_name(status), error.message);
        }
        n_worth += status && strstr(error.message, "--damaged accept");
        free(cut);
    }
    decoded_finish(&whole);
    free(bytes);
    return n_worth;
}
