/* The sink of labels: which are shown, to programs and to people. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/labelling.h"
#include "bulk/sinks.h"
#include "support/test.h"

enum {
    DIMENSION = 2,
    N_LABELS = 3
};

static const char *const labels[] = { "far", "near \"it\"", "be\x1bside" };

static const float texts[N_LABELS][DIMENSION] = { { -1, 0 }, { 1, 0 },
    { 0, 1 } };

/* What the sink writes of a good input, one with a note and a bad one. */
static void
write_all(const struct fovea_labelling *labelling, char *seen, size_t size)
{
    static const float row[DIMENSION] = { 1, 0 };
    char path[] = "a.jpg";
    char temporary[] = "/tmp/fovea-labels-XXXXXX";
    const struct fovea_entry entry = { .path = path };
    const struct fovea_error good = { .code = FOVEA_OK };
    struct fovea_error noted = { .code = FOVEA_OK };
    struct fovea_error bad;
    struct fovea_error error;
    fovea_note(&noted, FOVEA_NOTE_DAMAGED, "half of it");
    (void)fovea_fail(&bad, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    const struct fovea_row_result results[] = { { &entry, &good, row },
        { &entry, &noted, row }, { &entry, &bad, NULL } };
    const struct fovea_sink_settings settings = {
        .layout = { "<f4", 1, { DIMENSION }, sizeof row },
        .labelling = labelling,
    };
    struct fovea_sink sink;
    assert_ok(fovea_sink_open(&fovea_sink_labels, &settings, &sink, &error),
            &error);
    assert_ok(sink.kind->write(sink.state, results, FOVEA_ARRAY_LEN(results),
                      &error),
            &error);
    int fd = mkstemp(temporary);
    int before = dup(STDOUT_FILENO);
    int attention = eventfd(0, EFD_CLOEXEC);
    assert_true(fd >= 0 && before >= 0 && attention >= 0);
    (void)fflush(stdout);
    (void)dup2(fd, STDOUT_FILENO);
    enum fovea_status status =
            sink.kind->checkpoint(sink.state, attention, &error);
    (void)dup2(before, STDOUT_FILENO);
    assert_ok(status, &error);
    fovea_sink_finish(&sink);
    ssize_t n = pread(fd, seen, size - 1, 0);
    assert_true(n >= 0);
    seen[n] = '\0';
    (void)close(fd);
    (void)close(before);
    (void)close(attention);
    (void)unlink(temporary);
}

static struct fovea_labelling
labelling_of(size_t n_best, bool is_sigmoid, bool for_people)
{
    return (struct fovea_labelling){
        .labels = labels,
        .texts = texts[0],
        .n = N_LABELS,
        .dimension = DIMENSION,
        .scale = { .scale = 2,
                .bias = is_sigmoid ? -2 : 0,
                .is_sigmoid = is_sigmoid },
        .n_best = n_best,
        .for_people = for_people,
    };
}

static void
programs_get_a_line_an_input(void **state)
{
    (void)state;
    char seen[1024];
    struct fovea_labelling labelling = labelling_of(2, true, false);
    write_all(&labelling, seen, sizeof seen);
    /* 1 / (1 + exp(0)) and 1 / (1 + exp(2)). */
    assert_string_equal(seen,
            "{\"input\":\"a.jpg\",\"labels\":["
            "{\"label\":\"near \\\"it\\\"\",\"score\":0.5},"
            "{\"label\":\"be\\u001bside\",\"score\":0.11920292}]}\n"
            "{\"input\":\"a.jpg\",\"damaged\":true,\"note\":\"half of it\","
            "\"labels\":["
            "{\"label\":\"near \\\"it\\\"\",\"score\":0.5},"
            "{\"label\":\"be\\u001bside\",\"score\":0.11920292}]}\n"
            "{\"input\":\"a.jpg\",\"error\":{\"code\":\"not_an_image\","
            "\"message\":\"no image\"}}\n");
}

static void
people_get_paragraphs(void **state)
{
    (void)state;
    char seen[1024];
    struct fovea_labelling labelling = labelling_of(0, false, true);
    write_all(&labelling, seen, sizeof seen);
    /* exp(2), exp(0) and exp(-2) over their sum; bad ones are told elsewhere. */
    assert_string_equal(seen,
            "a.jpg\n"
            "   0.8668  near \"it\"\n"
            "   0.1173  be?side\n"
            "   0.0159  far\n"
            "a.jpg (damaged)\n"
            "   0.8668  near \"it\"\n"
            "   0.1173  be?side\n"
            "   0.0159  far\n");
    labelling = labelling_of(1, false, true);
    write_all(&labelling, seen, sizeof seen);
    assert_string_equal(seen,
            "a.jpg\n"
            "   0.8668  near \"it\"\n"
            "a.jpg (damaged)\n"
            "   0.8668  near \"it\"\n");
    labelling = labelling_of(4, false, true);
    write_all(&labelling, seen, sizeof seen);
    assert_non_null(strstr(seen, "   0.0159  far\n"));
    labelling = labelling_of(0, true, true);
    labelling.scale.bias = -9;
    write_all(&labelling, seen, sizeof seen);
    assert_non_null(strstr(seen, "  9.1e-04  near \"it\"\n"));
    assert_non_null(strstr(seen, "  1.7e-05  far\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_get_a_line_an_input),
        cmocka_unit_test(people_get_paragraphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
