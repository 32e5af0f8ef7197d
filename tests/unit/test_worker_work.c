/* The worker's half of the table of kinds of work: every kind of the wire is
   done, and its reader makes rows of the size that it states. */
#include <fcntl.h>
#include <unistd.h>

#include "option/limits.h"
#include "support/test.h"
#include "worker/work_kind.h"

enum {
    WIDTH_PX = 7,
    HEIGHT_PX = 5,
    ROW_BYTES = 3 * WIDTH_PX * HEIGHT_PX,
    CANARY = 0xa5
};

static struct fovea_read_options
make_options(void)
{
    static const struct fovea_limits defaults;
    return (struct fovea_read_options){
        .settings = {
            .filter = FOVEA_FILTER_BICUBIC,
            .resize = FOVEA_RESIZE_SHORTEST,
.resize_height_px = 8,
.resize_width_px = 8,
            .crop_height_px = HEIGHT_PX,
            .crop_width_px = WIDTH_PX,
        },
        .limits = fovea_limits_resolve(&defaults),
    };
}

static void
every_kind_is_done(void **state)
{
    (void)state;
    for (int i = 0; i < FOVEA_N_WORK_KINDS; i++) {
        enum fovea_work_kind kind = (enum fovea_work_kind)i;
        struct fovea_work work = fovea_work_find(kind);
        assert_ptr_equal(work.facts, fovea_work_facts(kind));
        assert_non_null(work.reader);
        assert_non_null(work.reader->load);
        assert_non_null(work.reader->row_bytes);
        assert_non_null(work.reader->read);
        assert_int_equal(work.sandbox, FOVEA_SANDBOX_RULES_CODECS);
    }
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_EMBED).reader,
            &fovea_read_image);
    assert_ptr_equal(fovea_work_find(FOVEA_WORK_PIXELS).reader,
            &fovea_read_image);
}

static void
an_image_fills_its_row_and_no_more(void **state)
{
    (void)state;
    const struct fovea_read_options options = make_options();
    const struct fovea_work_flags flags = { 0 };
    char path[4096];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/samples/formats/baseline.jpg",
            root ? root : ".");
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error error;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    uint8_t row[ROW_BYTES + 1];
    memset(row, CANARY, sizeof row);
    assert_int_equal(fovea_read_image.row_bytes(&options), ROW_BYTES);
    assert_ok(
            fovea_read_image.read(&options, NULL, &flags, &input, row, &error),
            &error);
    size_t n_left = 0;
    for (size_t i = 0; i < ROW_BYTES; i++) {
        n_left += row[i] == CANARY;
    }
    assert_true(n_left < ROW_BYTES / 2);
    assert_int_equal(row[ROW_BYTES], CANARY);
    fovea_input_finish(&input);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_done),
        cmocka_unit_test(an_image_fills_its_row_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
