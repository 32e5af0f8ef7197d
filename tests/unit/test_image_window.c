/*
 * A sink that names the samples that count gets those, equal in every bit to what
 * a sink gets that names none, all rows, and the same word about damage: of JPEG, over
 * all samplings of chroma, odd sides, codings, intervals and damage.
 */
#include <stdio.h>

#include <jpeglib.h>

#include "base/macros.h"
#include "image/image.h"
#include "option/limits.h"
#include "support/test.h"

enum {
    MAX_SIDE = 600,
    N_DAMAGES = 24
};

struct form {
    const char *name;
    int n_components;
    int h[3]; /* sampling of each component, of CMYK of the first three */
    int v[3];
    bool progressive;
    bool arithmetic;
    bool planes; /* a scan for each component */
    unsigned restart_interval;
};

struct taken {
    struct fovea_image_info info;
    uint8_t *pixels;
    uint32_t n_rows;
    const struct fovea_window *window; /* NULL: all */
    enum fovea_status status;
    struct fovea_error error;
};

static uint32_t
next_random(uint32_t *state)
{
    *state = (uint32_t)((uint64_t)*state * 1664525U + 1013904223U);
    return *state >> 8;
}

/* A slope with edges and noise: no column is like the one beside it. */
static void
draw_row(uint8_t *row, unsigned width, unsigned y, int n, uint32_t *state)
{
    for (unsigned x = 0; x < width; x++) {
        for (int c = 0; c < n; c++) {
            unsigned edge = (x / 7 + y / 5 + (unsigned)c) % 3 * 60;
            row[x * (unsigned)n + (unsigned)c] =
                    (uint8_t)(x / 4 + y / 3 + edge + next_random(state) % 40);
        }
    }
}

static void
set_form(struct jpeg_compress_struct *jpeg, const struct form *form,
        jpeg_scan_info *scans)
{
    for (int i = 0; i < form->n_components && i < 3; i++) {
        jpeg->comp_info[i].h_samp_factor = form->h[i];
        jpeg->comp_info[i].v_samp_factor = form->v[i];
    }
    jpeg->restart_interval = form->restart_interval;
    jpeg->arith_code = form->arithmetic;
    if (form->progressive) {
        jpeg_simple_progression(jpeg);
    } else if (form->planes) {
        for (int i = 0; i < form->n_components; i++) {
            scans[i] = (jpeg_scan_info){ .comps_in_scan = 1,
                .component_index = { i },
                .Se = DCTSIZE2 - 1 };
        }
        jpeg->scan_info = scans;
        jpeg->num_scans = form->n_components;
    }
}

static uint8_t *
encode(const struct form *form, unsigned width, unsigned height,
        size_t *size_out)
{
    static uint8_t row[MAX_SIDE * 4];
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    uint8_t *bytes = NULL;
    unsigned long size = 0;
    uint32_t state = width * 65537 + height;
    JSAMPROW rows = row;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = form->n_components;
    jpeg.in_color_space = form->n_components == 1 ? JCS_GRAYSCALE
            : form->n_components == 3             ? JCS_RGB
                                                  : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 85, TRUE);
    set_form(&jpeg, form, scans);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        draw_row(row, width, jpeg.next_scanline, form->n_components, &state);
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    *size_out = size;
    return bytes;
}

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
        { width / 2, width, height / 2 - 1, height - height / 5 },
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

static const struct form forms[] = {
    { "4:4:4", 3, { 1, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:2:2", 3, { 2, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:2:0", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "4:4:0", 3, { 1, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "4:1:1", 3, { 4, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:1:0", 3, { 4, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "1x4", 3, { 1, 1, 1 }, { 4, 1, 1 }, false, false, false, 0 },
    { "3x1", 3, { 3, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "mixed", 3, { 2, 2, 1 }, { 2, 1, 2 }, false, false, false, 0 },
    { "fine chroma", 3, { 1, 2, 2 }, { 1, 2, 2 }, false, false, false, 0 },
    { "grey", 1, { 1, 0, 0 }, { 1, 0, 0 }, false, false, false, 0 },
    { "grey 2x2", 1, { 2, 0, 0 }, { 2, 0, 0 }, false, false, false, 0 },
    { "CMYK", 4, { 1, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "restart", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, false, 3 },
    { "progressive", 3, { 2, 1, 1 }, { 2, 1, 1 }, true, false, false, 0 },
    { "progressive 4:4:4, restart", 3, { 1, 1, 1 }, { 1, 1, 1 }, true, false,
            false, 5 },
    { "progressive grey", 1, { 1, 0, 0 }, { 1, 0, 0 }, true, false, false, 0 },
    { "arithmetic", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, true, false, 0 },
    { "arithmetic 4:2:2, restart", 3, { 2, 1, 1 }, { 1, 1, 1 }, false, true,
            false, 4 },
    { "arithmetic, progressive", 3, { 2, 1, 1 }, { 2, 1, 1 }, true, true, false,
            0 },
    { "planes", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, true, 0 },
    { "planes 4:4:0", 3, { 1, 1, 1 }, { 2, 1, 1 }, false, false, true, 7 },
};

static void
whole_files(void **state)
{
    (void)state;
    static const unsigned sides[][2] = { { 300, 64 }, { 311, 77 }, { 597, 33 },
        { 144, 145 }, { 129, 100 }, { 33, 200 }, { 81, 7 }, { 5, 3 },
        { 1, 1 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(forms); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(sides); k++) {
            char name[80];
            size_t size = 0;
            unsigned width = sides[k][0];
            unsigned height = sides[k][1];
            uint8_t *bytes = encode(&forms[i], width, height, &size);
            (void)snprintf(name, sizeof name, "%s %ux%u", forms[i].name, width,
                    height);
            check_windows(bytes, size, FOVEA_DAMAGED_REFUSE, width, height,
                    name);
            free(bytes);
        }
    }
}

/* Where its entropy-coded data begin, nearly: behind the first scan's head. */
static size_t
find_data(const uint8_t *bytes, size_t size)
{
    for (size_t i = 2; i + 4 < size;) {
        size_t length = (size_t)bytes[i + 2] << 8 | bytes[i + 3];
        if (bytes[i + 1] == 0xda) {
            return i + 2 + length;
        }
        i += 2 + length;
    }
    fail_msg("there is no scan");
    return 0;
}

static void
damaged_files(void **state)
{
    (void)state;
    enum {
        WIDTH = 259,
        HEIGHT = 181
    };
    uint32_t random = 1;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(forms); i++) {
        size_t size = 0;
        uint8_t *bytes = encode(&forms[i], WIDTH, HEIGHT, &size);
        size_t data = find_data(bytes, size);
        for (unsigned k = 0; k < N_DAMAGES; k++) {
            char name[96];
            FOVEA_AUTO_FREE uint8_t *copy = malloc(size);
            assert_non_null(copy);
            memcpy(copy, bytes, size);
            size_t at = data + next_random(&random) % (size - data);
            size_t n = size;
            if (k % 3 == 0) {
                n = at; /* cut */
            } else if (k % 3 == 1) {
                copy[at] ^= (uint8_t)(1U << k % 8);
            } else {
                copy[at] = 0xff; /* a marker, or a hole */
                copy[at < size - 1 ? at + 1 : at] = (uint8_t)(0xd0 + k % 10);
            }
            (void)snprintf(name, sizeof name, "%s, damage %u at %zu of %zu",
                    forms[i].name, k, at, size);
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
