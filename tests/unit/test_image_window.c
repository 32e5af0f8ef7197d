/*
 * A sink that names the samples that count gets those, equal in every bit to what
 * a sink gets that names none, all rows, and the same word about damage: of JPEG, over
 * all samplings of chroma, odd sides, codings, intervals and damage.
 */
#include "base/macros.h"
#include "image/image.h"
#include "option/limits.h"
#include "support/jpeg_forms.h"
#include "support/test.h"

struct taken {
    struct fovea_image_info info;
    uint8_t *pixels;
    uint32_t n_rows;
    const struct fovea_window *window; /* NULL: all */
    enum fovea_status status;
    struct fovea_error error;
};

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct taken *taken = context;
    assert_null(taken->pixels);
    taken->info = *info;
    taken->pixels = malloc((size_t)info->width_px * info->height_px * 3);
    assert_non_null(taken->pixels);
    return FOVEA_OK;
}

static enum fovea_status
row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct taken *taken = context;
    size_t size = (size_t)taken->info.width_px * 3;
    assert_true(taken->n_rows < taken->info.height_px);
    memcpy(taken->pixels + taken->n_rows * size, rgb, size);
    taken->n_rows++;
    return FOVEA_OK;
}

static void
window(void *context, struct fovea_window *window_out)
{
    const struct taken *taken = context;
    *window_out = *taken->window;
}

static void
take(const uint8_t *bytes, size_t size, enum fovea_damaged damaged,
        const struct fovea_window *wanted, struct taken *taken)
{
    struct fovea_limits limits = { .damaged = damaged };
    limits = fovea_limits_resolve(&limits);
    const struct fovea_row_sink sink = {
        .context = taken,
        .begin = begin,
        .row = row,
        .window = wanted ? window : NULL,
    };
    struct fovea_input input;
    *taken = (struct taken){ .window = wanted };
    fovea_input_from_memory(bytes, size, &input);
    taken->status = fovea_image_decode(&input, &limits, &sink, &taken->error);
    fovea_input_finish(&input);
}

static void
assert_equal_inside(const struct taken *whole, const struct taken *part,
        const struct fovea_window *wanted, const char *name)
{
    size_t stride = (size_t)whole->info.width_px * 3;
    size_t left = (size_t)wanted->x_begin * 3;
    size_t size = (size_t)wanted->x_end * 3 - left;
    if (part->status != whole->status || part->n_rows != whole->n_rows ||
            part->error.notes != whole->error.notes ||
            strcmp(part->error.message, whole->error.message) != 0) {
        fail_msg(
                "%s: %d \"%s\" with %u rows, without a window %d \"%s\" with %u",
                name, (int)part->status, part->error.message, part->n_rows,
                (int)whole->status, whole->error.message, whole->n_rows);
    }
    for (uint32_t y = wanted->y_begin; y < wanted->y_end && y < whole->n_rows;
            y++) {
        if (memcmp(whole->pixels + y * stride + left,
                    part->pixels + y * stride + left, size) != 0) {
            fail_msg("%s: row %u differs in columns %u to %u", name, y,
                    wanted->x_begin, wanted->x_end);
        }
    }
}

/* Windows in the middle, at either edge, and of a single sample. */
static void
check_windows(const uint8_t *bytes, size_t size, enum fovea_damaged damaged,
        unsigned width, unsigned height, const char *name)
{
    const struct fovea_window windows[] = {
        { width / 6, width - width / 6, 0, height },
        { width / 3, width / 3 + 1, height / 3, height / 3 + 1 },
        { 0, width / 4 + 1, 0, height / 4 + 1 },
        { width - width / 4 - 1, width, height - height / 4 - 1, height },
        { width / 2, width, height / 2, height - height / 5 },
        { 63 % width, 63 % width + 1, height - 1, height },
        { 0, width, height / 4, height - height / 4 },
    };
    struct taken whole;
    take(bytes, size, damaged, NULL, &whole);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(windows); i++) {
        struct taken part;
        take(bytes, size, damaged, &windows[i], &part);
        assert_equal_inside(&whole, &part, &windows[i], name);
        free(part.pixels);
    }
    free(whole.pixels);
}

static void
whole_files(void **state)
{
    (void)state;
    static const unsigned sides[][2] = { { 300, 64 }, { 311, 77 }, { 597, 33 },
        { 144, 445 }, { 129, 500 }, { 33, 600 }, { 81, 7 }, { 5, 3 },
        { 1, 1 } };
    for (size_t i = 0; i < n_jpeg_forms; i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(sides); k++) {
            char name[80];
            size_t size = 0;
            unsigned width = sides[k][0];
            unsigned height = sides[k][1];
            uint8_t *bytes =
                    jpeg_form_encode(&jpeg_forms[i], width, height, &size);
            (void)snprintf(name, sizeof name, "%s %ux%u", jpeg_forms[i].name,
                    width, height);
            check_windows(bytes, size, FOVEA_DAMAGED_REFUSE, width, height,
                    name);
            free(bytes);
        }
    }
}

static void
damaged_files(void **state)
{
    (void)state;
    enum {
        WIDTH = 179,
        HEIGHT = 381
    };
    uint32_t random = 1;
    for (size_t i = 0; i < n_jpeg_forms; i++) {
        size_t size = 0;
        uint8_t *bytes = jpeg_form_encode(&jpeg_forms[i], WIDTH, HEIGHT, &size);
        for (unsigned k = 0; k < JPEG_FORM_N_DAMAGES; k++) {
            char name[96];
            FOVEA_AUTO_FREE uint8_t *copy = malloc(size);
            assert_non_null(copy);
            memcpy(copy, bytes, size);
            size_t n = jpeg_form_damage(copy, size, k, &random);
            (void)snprintf(name, sizeof name, "%s, damage %u of %zu, size %zu",
                    jpeg_forms[i].name, k, size, n);
            check_windows(copy, n, FOVEA_DAMAGED_REFUSE, WIDTH, HEIGHT, name);
            check_windows(copy, n, FOVEA_DAMAGED_ACCEPT, WIDTH, HEIGHT, name);
        }
        free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
