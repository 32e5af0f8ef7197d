/*
 * JPEG at an eighth of its size, whose data are made less before libjpeg sees them,
 * against libjpeg with the file's own data: the same rows of what is whole, and of
 * what is damaged the same rows up to the damage, which is told.
 */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
/* Behind jpeglib.h, whose settings it wants. */
#include <jerror.h>

#include "base/macros.h"
#include "image/image.h"
#include "option/limits.h"
#include "support/jpeg_forms.h"
#include "support/test.h"

enum {
    SHRINK = 8,
    MAX_SMALL = JPEG_FORM_MAX_SIDE / SHRINK + 1
};

struct small {
    uint32_t width;
    uint32_t height;
    uint32_t n_rows;
    uint8_t rgb[MAX_SMALL][MAX_SMALL * 3];
    enum fovea_status status;
    struct fovea_error error;
};

static enum fovea_status
begin(void *context, const struct fovea_image_info *info,
        struct fovea_error *err)
{
    (void)err;
    struct small *small = context;
    assert_int_equal(small->n_rows, 0);
    assert_int_equal(small->width, 0);
    small->width = info->rows.width_px;
    small->height = info->rows.height_px;
    assert_int_equal(small->width, (info->width_px + SHRINK - 1) / SHRINK);
    return FOVEA_OK;
}

static enum fovea_status
row(void *context, const uint8_t *rgb, struct fovea_error *err)
{
    (void)err;
    struct small *small = context;
    assert_true(small->n_rows < small->height);
    memcpy(small->rgb[small->n_rows++], rgb, 3 * (size_t)small->width);
    return FOVEA_OK;
}

static enum fovea_status
least(void *context, const struct fovea_image_info *info, uint32_t least_out[2],
        struct fovea_error *err)
{
    (void)context;
    (void)err;
    least_out[0] = info->width_px / SHRINK;
    least_out[1] = info->height_px / SHRINK;
    return FOVEA_OK;
}

static void
decode(const uint8_t *bytes, size_t size, enum fovea_damaged damaged,
        struct small *small)
{
    struct fovea_limits limits = { .damaged = damaged };
    limits = fovea_limits_resolve(&limits);
    const struct fovea_row_sink sink = {
        .context = small,
        .begin = begin,
        .row = row,
        .least = least,
    };
    struct fovea_input input;
    memset(small, 0, sizeof *small);
    fovea_input_from_memory(bytes, size, &input);
    small->status = fovea_image_decode(&input, &limits, &sink, &small->error);
    fovea_input_finish(&input);
}

/* What libjpeg makes of it, up to the first warning about pixels. */
struct plain {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it out */
    jmp_buf escape;
    bool is_damaged;
    uint32_t n_rows;
    uint8_t rgb[MAX_SMALL][MAX_SMALL * 3];
};

static void
leave(j_common_ptr jpeg)
{
    struct plain *plain = (struct plain *)jpeg->err;
    plain->is_damaged = true;
    longjmp(plain->escape, 1);
}

static void
warn(j_common_ptr jpeg, int level)
{
    /* That the file ends is no damage before its bits are needed. */
    if (level < 0 && jpeg->err->msg_code != JWRN_JPEG_EOF) {
        leave(jpeg);
    }
}

static void
decode_plainly(const uint8_t *bytes, size_t size, struct plain *plain)
{
    struct jpeg_decompress_struct jpeg;
    memset(plain, 0, sizeof *plain);
    jpeg.err = jpeg_std_error(&plain->errors);
    plain->errors.error_exit = leave;
    plain->errors.emit_message = warn;
    jpeg_create_decompress(&jpeg);
    if (!setjmp(plain->escape)) {
        jpeg_mem_src(&jpeg, bytes, size);
        (void)jpeg_read_header(&jpeg, TRUE);
        jpeg.out_color_space = JCS_RGB;
        jpeg.scale_num = 1;
        jpeg.scale_denom = SHRINK;
        (void)jpeg_start_decompress(&jpeg);
        while (jpeg.output_scanline < jpeg.output_height) {
            JSAMPROW rows = plain->rgb[plain->n_rows];
            (void)jpeg_read_scanlines(&jpeg, &rows, 1);
            plain->n_rows++;
        }
    }
    jpeg_destroy_decompress(&jpeg);
}

static void
assert_same_rows(const struct small *small, const struct plain *plain,
        uint32_t n_rows, const char *name)
{
    for (uint32_t y = 0; y < n_rows; y++) {
        if (memcmp(small->rgb[y], plain->rgb[y], 3 * (size_t)small->width) !=
                0) {
            fail_msg("%s: row %u differs", name, y);
        }
    }
}

static bool
is_of_interest(const struct jpeg_form *form)
{
    return form->n_components == 3 && !form->progressive && !form->planes;
}

static void
whole_files(void **state)
{
    (void)state;
    static struct small small;
    static struct plain plain;
    static const unsigned sides[][2] = { { 300, 64 }, { 311, 77 }, { 597, 599 },
        { 33, 200 }, { 16, 8 } };
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
            decode(bytes, size, FOVEA_DAMAGED_REFUSE, &small);
            assert_ok(small.status, &small.error);
            if (jpeg_forms[i].n_components == 3) {
                decode_plainly(bytes, size, &plain);
                assert_int_equal(small.n_rows, plain.n_rows);
                assert_same_rows(&small, &plain, plain.n_rows, name);
            }
            free(bytes);
        }
    }
}

/* What is said of it, and of how many rows, is what is said of the file's own
   data: those before the first warning. More data than pixels is not libjpeg's to
   say. */
static void
check_damaged(const uint8_t *bytes, size_t size, const char *name)
{
    static struct small small;
    static struct plain plain;
    decode_plainly(bytes, size, &plain);
    decode(bytes, size, FOVEA_DAMAGED_REFUSE, &small);
    bool is_more = strstr(small.error.message, "more data than") != NULL;
    if (plain.is_damaged != (small.status != FOVEA_OK && !is_more) ||
            small.n_rows != plain.n_rows) {
        fail_msg("%s: %u rows, \"%s\"; of libjpeg %u", name, small.n_rows,
                small.error.message, plain.n_rows);
    }
    assert_same_rows(&small, &plain, small.n_rows, name);
    decode(bytes, size, FOVEA_DAMAGED_ACCEPT, &small);
    if (small.status == FOVEA_OK) {
        assert_int_equal(small.n_rows, small.height);
        assert_same_rows(&small, &plain, plain.n_rows, name);
    }
}

static void
damaged_files(void **state)
{
    (void)state;
    enum {
        WIDTH = 259,
        HEIGHT = 281,
        N_ROUNDS = 5
    };
    uint32_t random = 1;
    for (size_t i = 0; i < n_jpeg_forms; i++) {
        size_t size = 0;
        if (!is_of_interest(&jpeg_forms[i])) {
            continue;
        }
        uint8_t *bytes = jpeg_form_encode(&jpeg_forms[i], WIDTH, HEIGHT, &size);
        for (unsigned k = 0; k < N_ROUNDS * JPEG_FORM_N_DAMAGES; k++) {
            char name[96];
            FOVEA_AUTO_FREE uint8_t *copy = malloc(size);
            assert_non_null(copy);
            memcpy(copy, bytes, size);
            size_t n = jpeg_form_damage(copy, size, k % JPEG_FORM_N_DAMAGES,
                    &random);
            (void)snprintf(name, sizeof name, "%s, damage %u of %zu, size %zu",
                    jpeg_forms[i].name, k, size, n);
            check_damaged(copy, n, name);
        }
        free(bytes);
    }
}

static void
tables_by_chance(void **state)
{
    (void)state;
    enum {
        N_ROUNDS = 400
    };
    uint32_t random = 1;
    for (unsigned k = 0; k < N_ROUNDS; k++) {
        const struct jpeg_form *form = &jpeg_forms[k % n_jpeg_forms];
        char name[80];
        size_t size = 0;
        if (!is_of_interest(form) || form->arithmetic) {
            continue;
        }
        uint8_t *bytes = jpeg_form_encode(form, 66 + k % 67, 90, &size);
        jpeg_form_set_tables(bytes, size, &random);
        (void)snprintf(name, sizeof name, "%s, tables %u", form->name, k);
        check_damaged(bytes, size, name);
        free(bytes);
    }
}

/* Of several scans the last may be of all components, as the only one of others is;
   what is damaged in it is told all the same. */
static void
last_scan_of_all(void **state)
{
    (void)state;
    static struct small small;
    static struct plain plain;
    size_t size = 0;
    uint8_t *bytes = jpeg_form_encode_again(&jpeg_forms[2], 259, 281, &size);
    assert_non_null(bytes);
    assert_string_equal(jpeg_forms[2].name, "4:2:0");
    decode(bytes, size, FOVEA_DAMAGED_REFUSE, &small);
    assert_ok(small.status, &small.error);
    decode_plainly(bytes, size, &plain);
    assert_int_equal(small.n_rows, plain.n_rows);
    assert_same_rows(&small, &plain, plain.n_rows, "luma, then all");
    for (size_t n = 1; n < 40; n++) {
        decode(bytes, size - n * size / 160, FOVEA_DAMAGED_REFUSE, &small);
        assert_int_equal(small.status, FOVEA_ERR_IMAGE_TRUNCATED);
        decode(bytes, size - n * size / 160, FOVEA_DAMAGED_ACCEPT, &small);
        if (small.status == FOVEA_OK) {
            assert_int_equal(small.n_rows, small.height);
        }
    }
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(tables_by_chance),
        cmocka_unit_test(last_scan_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
