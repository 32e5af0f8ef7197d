/* What a node says of itself: written, read again, and refused where it is none. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "jobs/node_metrics.h"
#include "jobs/node_rate.h"
#include "jobs/node_report.h"
#include "support/test.h"

static struct fovea_node_report
some(void)
{
    return (struct fovea_node_report){
        .version = "0.1.0",
        .state = FOVEA_NODE_RESTING,
        .reason = "no room on \"/data\"",
        .uptime_s = 77,
        .n_done = 5,
        .n_failed = 1,
        .n_returned = 2,
        .n_redeliveries = 3,
        .n_refused = 4,
        .n_items = 61234,
        .n_errors = 12,
        .rate = 81.25,
        .n_shards = 2,
        .shards = { { 7, 100, 10000 }, { UINT64_C(999999999999), 0, 0 } },
    };
}

static void
what_is_written_is_read(void **state)
{
    (void)state;
    struct fovea_node_report report = some();
    struct fovea_node_report read;
    struct fovea_text text = { 0 };
    struct fovea_text again = { 0 };
    struct fovea_error error;
    for (unsigned i = 0; i < FOVEA_N_NODE_STATES; i++) {
        report.state = (enum fovea_node_state)i;
        fovea_text_clear(&text);
        fovea_text_clear(&again);
        fovea_node_report_write(&report, &text);
        assert_int_equal(
                fovea_node_report_read(text.data, text.size, &read, &error),
                FOVEA_OK);
        assert_int_equal(read.state, report.state);
        assert_string_equal(read.reason, report.reason);
        assert_int_equal(read.n_items, 61234);
        assert_int_equal(read.shards[1].number, UINT64_C(999999999999));
        fovea_node_report_write(&read, &again);
        assert_string_equal(again.data, text.data);
    }
    fovea_text_finish(&text);
    fovea_text_finish(&again);
}

/* The longest that there can be. */
static void
a_report_fits(void **state)
{
    (void)state;
    struct fovea_node_report report = some();
    struct fovea_text text = { 0 };
    memset(report.reason, '"', sizeof report.reason - 1);
    memset(report.version, '"', sizeof report.version - 1);
#define X(member, name, metric, type, help) report.member = INT64_MAX;
#include "jobs/node_number.def"
#undef X
    report.rate = 1e300;
    fovea_node_report_write(&report, &text);
    assert_true(text.size <= FOVEA_NODE_REPORT_SIZE);
    fovea_text_finish(&text);
}

/* One that was written, with a piece of it replaced. */
static enum fovea_status
read_with(const char *piece, const char *other)
{
    struct fovea_node_report report = some();
    struct fovea_node_report read;
    struct fovea_text text = { 0 };
    struct fovea_text changed = { 0 };
    struct fovea_error error = { .code = FOVEA_OK };
    fovea_node_report_write(&report, &text);
    const char *at = strstr(text.data, piece);
    assert_non_null(at);
    fovea_text_add(&changed, text.data, (size_t)(at - text.data));
    fovea_text_format(&changed, "%s%s", other, at + strlen(piece));
    enum fovea_status status =
            fovea_node_report_read(changed.data, changed.size, &read, &error);
    assert_int_equal(error.code, status);
    fovea_text_finish(&text);
    fovea_text_finish(&changed);
    return status;
}

static void
what_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        { "\"state\":\"resting\"", "\"state\":\"hacked\"" },
        { "\"state\":\"resting\"", "\"state\":3" },
        { "\"items\":61234", "\"items\":-1" },
        { "\"items\":61234", "\"items\":1e400" },
        { "\"items\":61234", "\"items\":1.5" },
        { "\"items\":61234", "\"items\":\"6\"" },
        { "\"items\":61234,", "" },
        { "\"rate\":81.250", "\"rate\":-1" },
        { "\"rate\":81.250", "\"rate\":null" },
        { "\"done\":5", "\"done\":5,\"done\":5" },
        { "\"shards\":[", "\"shards\":[{}," },
        { "\"shards\":[", "\"shards\":[3,4,5," },
        { "\"shard\":7", "\"shard\":-7" },
        { "\"version\":\"0.1.0\"", "\"version\":1" },
        { "{\"version\"", "[{\"version\"" },
        { "]}", "]" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(changes); i++) {
        if (read_with(changes[i][0], changes[i][1]) != FOVEA_ERR_JOB_MESSAGE) {
            fail_msg("%s was taken", changes[i][1]);
        }
    }
    assert_int_equal(read_with("]}", "],\"later\":{}}"), FOVEA_OK);
}

/* Neither does it move a cursor, nor is it longer than what it is shown in. */
static void
its_texts_are_plain_lines(void **state)
{
    (void)state;
    struct fovea_node_report read;
    struct fovea_error error;
    struct fovea_text text = { 0 };
    struct fovea_text zeros = { 0 };
#define X(member, name, metric, type, help) \
    fovea_text_format(&zeros, ",\"" name "\":0");
#include "jobs/node_number.def"
#undef X
    fovea_text_format(&text,
            "{\"version\":\"\\u001b[2J\",\"state\":\"idle\",\"reason\":\"");
    for (int i = 0; i < 400; i++) {
        fovea_text_format(&text, "\xc3\xa4");
    }
    fovea_text_format(&text, "\"%s,\"rate\":0,\"shards\":[]}", zeros.data);
    assert_int_equal(
            fovea_node_report_read(text.data, text.size, &read, &error),
            FOVEA_OK);
    assert_string_equal(read.version, "?[2J");
    assert_int_equal(strlen(read.reason), sizeof read.reason - 1);
    fovea_text_finish(&text);
    fovea_text_finish(&zeros);
}

static void
one_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct fovea_node_report read;
    struct fovea_error error;
    char text[FOVEA_NODE_REPORT_SIZE + 2];
    memset(text, ' ', sizeof text);
    text[0] = '{';
    text[sizeof text - 2] = '}';
    assert_int_equal(
            fovea_node_report_read(text, sizeof text - 1, &read, &error),
            FOVEA_ERR_JOB_MESSAGE);
    assert_int_equal(fovea_node_report_read("", 0, &read, &error),
            FOVEA_ERR_JOB_MESSAGE);
}

static void
metrics_have_all_numbers(void **state)
{
    (void)state;
    struct fovea_node_report report = some();
    struct fovea_text text = { 0 };
    fovea_node_metrics_write(&report, "a\"job", &text);
    static const char *const lines[] = {
        "fovea_build_info{version=\"0.1.0\"} 1\n",
        "fovea_node_shards_done_total{job=\"a\\\"job\"} 5\n",
        "fovea_node_redeliveries_total{job=\"a\\\"job\"} 3\n",
        "fovea_node_items_per_second{job=\"a\\\"job\"} 81.250\n",
        "fovea_node_state{job=\"a\\\"job\",state=\"resting\"} 1\n",
        "fovea_node_state{job=\"a\\\"job\",state=\"idle\"} 0\n",
        "fovea_node_items_left{job=\"a\\\"job\"} 9900\n",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lines); i++) {
        if (!strstr(text.data, lines[i])) {
            fail_msg("%s is not in\n%s", lines[i], text.data);
        }
    }
#define X(member, name, metric, type, help) \
    assert_non_null(strstr(text.data, "fovea_" metric "{"));
#include "jobs/node_number.def"
#undef X
    fovea_text_finish(&text);
}

static void
a_rate_is_of_the_last_minute(void **state)
{
    (void)state;
    const int64_t start = 1000 * FOVEA_NS_PER_S;
    struct fovea_node_rate rate;
    fovea_node_rate_begin(&rate, start);
    assert_true(fovea_node_rate_take(&rate, 0, start) == 0.0);
    /* 10 a second for two minutes, then none. */
    for (int64_t s = 1; s <= 120; s++) {
        double now = fovea_node_rate_take(&rate, (uint64_t)s * 10,
                start + s * FOVEA_NS_PER_S);
        assert_true(now > 9.99 && now < 10.01);
    }
    for (int64_t s = 121; s <= 150; s++) {
        double now =
                fovea_node_rate_take(&rate, 1200, start + s * FOVEA_NS_PER_S);
        assert_true(now < 10.0 && now > 0.0);
    }
    for (int64_t s = 151; s <= 190; s++) {
        (void)fovea_node_rate_take(&rate, 1200, start + s * FOVEA_NS_PER_S);
    }
    assert_true(fovea_node_rate_take(&rate, 1200,
                        start + 191 * FOVEA_NS_PER_S) == 0.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_report_fits),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(its_texts_are_plain_lines),
        cmocka_unit_test(one_that_is_too_long_is_refused),
        cmocka_unit_test(metrics_have_all_numbers),
        cmocka_unit_test(a_rate_is_of_the_last_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
