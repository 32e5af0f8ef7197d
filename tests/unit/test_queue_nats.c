/* What is asked of a NATS server and believed of it, and the keys of its users. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue/nats_api.h"
#include "queue/nats_nkey.h"
#include "queue/nats_subject.h"
#include "support/test.h"

#define TAG "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct fovea_queue_job how = {
    .tag = TAG,
    .ack_wait_ns = 30000000000,
    .n_replicas = 3,
};

static void
subjects_of_shards(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        NULL,
        "",
        "fovea.j.shard.",
        "fovea.j.shard.x",
        "fovea.j.shard.-1",
        "fovea.j.shard.+1",
        "fovea.j.shard.01",
        "fovea.j.shard.1.2",
        "fovea.j.shard.18446744073709551616",
        "fovea.k.shard.1",
        "fovea.jj.shard.1",
        "fovea.j.node.1",
        "Fovea.j.shard.1",
    };
    const uint64_t numbers[] = { 0, 1, 99999, UINT64_MAX };
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    uint64_t shard = 77;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(numbers); i++) {
        fovea_nats_shard_subject("j", numbers[i], subject);
        assert_true(fovea_nats_shard_of(subject, "j", &shard));
        assert_int_equal(shard, numbers[i]);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        assert_false(fovea_nats_shard_of(wrong[i], "j", &shard));
    }
}

static void
subjects_of_nodes(void **state)
{
    (void)state;
    char name[FOVEA_QUEUE_MAX_NAME + 1] = "as it was";
    char longest[FOVEA_QUEUE_MAX_NAME + 2];
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(fovea_queue_is_name(longest));
    longest[sizeof longest - 2] = '\0';
    assert_true(fovea_queue_is_name(longest));
    fovea_nats_node_subject(longest, longest, subject);
    assert_true(strlen(subject) < FOVEA_NATS_SUBJECT_SIZE - 1);
    assert_false(fovea_nats_node_of("fovea.j.node.a.b", "j", name));
    assert_false(fovea_nats_node_of("fovea.j.node.", "j", name));
    assert_false(fovea_nats_node_of("fovea.j.node.a\033b", "j", name));
    assert_string_equal(name, "as it was");
    assert_true(fovea_nats_node_of(subject, longest, name));
    assert_string_equal(name, longest);
}

static void
handles(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        NULL,
        "",
        "$JS.ACK",
        "fovea.j.shard.1",
        "$JS.API.STREAM.DELETE.FOVEA_j",
        "$JS.ACK.FOVEA_k.nodes.1.2.3.4.5",
        "$JS.ACK.FOVEA_j.others.1.2.3.4.5",
        "$JS.ACK.FOVEA_j.nodes.1.2.3.4",
        "$JS.ACK.FOVEA_j.nodes.1.2.3.4.5.6",
        "$JS.ACK.FOVEA_j.nodes.x.2.3.4.5",
        "$JS.ACK.FOVEA_j.nodes.1.-2.3.4.5",
        "$JS.ACK.FOVEA_j.nodes.1.2.3.4.>",
        "$JS.ACK.FOVEA_j.nodes.1.2.3.4. 5",
        "$JS.ACK.FOVEA_j.nodes.1.2.3.4.5\r\nPUB x 1",
        "$JS.ACK.d.h.FOVEA_k.nodes.1.2.3.4.5",
        "$JS.ACK.1.2.3.4.5.6.7.8.9.10.11.12.13.14",
    };
    struct fovea_nats_delivered at = { 0 };
    assert_true(fovea_nats_read_handle(
            "$JS.ACK.FOVEA_j.nodes.2.31.44.1795856160979465587.5", "j", &at));
    assert_int_equal(at.n_deliveries, 2);
    assert_int_equal(at.sequence, 31);
    assert_true(fovea_nats_read_handle(
            "$JS.ACK._.ACC.FOVEA_j.nodes.7.8.9.10.11.token", "j", &at));
    assert_int_equal(at.n_deliveries, 7);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        assert_false(fovea_nats_read_handle(wrong[i], "j", &at));
    }
}

/* An answer of a server that has made what it was asked for, with one text in it
   replaced by another. */
static void
answer_with(const struct fovea_text *asked, const char *from, const char *to,
        struct fovea_text *out)
{
    const char *at = strstr(asked->data, from);
    assert_non_null(at);
    fovea_text_clear(out);
    fovea_text_format(out, "%.*s%s%s", (int)(at - asked->data), asked->data, to,
            at + strlen(from));
}

static enum fovea_status
read_stream(const struct fovea_text *config, struct fovea_queue_job *job,
        struct fovea_error *error)
{
    struct fovea_nats_answer answer;
    struct fovea_text text = { 0 };
    fovea_text_format(&text, "{\"type\":\"x\",\"config\":%s,\"state\":{}}",
            config->data);
    enum fovea_status status = fovea_nats_read_stream(text.data, text.size, "j",
            &answer, job, error);
    fovea_text_finish(&text);
    return status;
}

static void
streams(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *word; /* in the message */
    } changes[] = {
        { "\"fovea job 1 ", "\"fovea job 2 ", "no job" },
        { TAG, "0123", "no job" },
        { "\"description\"", "\"other\"", "no job" },
        { "fovea.j.shard.*\"", "fovea.j.>\"", "subjects" },
        { "fovea.j.shard.*\"", "fovea.j.shard.*\",\"x\"", "subjects" },
        { "\"limits\"", "\"workqueue\"", "retention" },
        { "\"file\"", "\"memory\"", "storage" },
        { "\"max_msgs_per_subject\":1", "\"max_msgs_per_subject\":2",
                "max_msgs_per_subject" },
        { "\"max_msgs_per_subject\":1", "\"max_msgs_per_subject\":1.0",
                "max_msgs_per_subject" },
        { "\"new\"", "\"old\"", "discard" },
        { "subject\":true", "subject\":false", "discard_new_per_subject" },
        { "\"max_age\":0", "\"max_age\":1000", "max_age" },
        { "\"max_bytes\":-1", "\"max_bytes\":1000", "max_bytes" },
        { "\"deny_purge\":false", "\"deny_purge\":true", "deny_purge" },
        { "\"sealed\":false", "\"mirror\":{\"name\":\"x\"}", "mirror" },
        { "\"num_replicas\":3", "\"num_replicas\":-3", "num_replicas" },
    };
    struct fovea_text asked = { 0 };
    struct fovea_text changed = { 0 };
    struct fovea_error error;
    struct fovea_queue_job job = { .ack_wait_ns = 5 };
    fovea_nats_write_stream("j", &how, &asked);
    assert_int_equal(read_stream(&asked, &job, &error), FOVEA_OK);
    assert_string_equal(job.tag, TAG);
    assert_int_equal(job.n_replicas, 3);
    assert_int_equal(job.ack_wait_ns, 5); /* the consumer says it */
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(changes); i++) {
        answer_with(&asked, changes[i].from, changes[i].to, &changed);
        assert_int_equal(read_stream(&changed, &job, &error),
                FOVEA_ERR_JOB_DIFFERS);
        assert_non_null(strstr(error.message, changes[i].word));
    }
    /* What it leaves out because it is nothing, and what it says beyond. */
    answer_with(&asked, ",\"sealed\":false", ",\"compression\":\"none\"",
            &changed);
    assert_int_equal(read_stream(&changed, &job, &error), FOVEA_OK);
    answer_with(&asked, "FOVEA_j", "FOVEA_k", &changed);
    assert_int_equal(read_stream(&changed, &job, &error),
            FOVEA_ERR_JOB_MESSAGE);
    fovea_text_finish(&asked);
    fovea_text_finish(&changed);
}

#define CONSUMER(config, counts)                                   \
    "{\"stream_name\":\"FOVEA_j\",\"name\":\"nodes\",\"config\":{" \
    "\"durable_name\":\"nodes\",\"deliver_policy\":\"all\","       \
    "\"ack_policy\":\"explicit\",\"max_deliver\":-1,"              \
    "\"max_ack_pending\":-1,\"max_waiting\":100000" config         \
    "},\"delivered\":{\"consumer_seq\":4,\"stream_seq\":5},"       \
    "\"ack_floor\":{\"consumer_seq\":2,\"stream_seq\":3}," counts "}"
#define WAIT ",\"ack_wait\":30000000000"
#define COUNTS                                                       \
    "\"num_pending\":7,\"num_ack_pending\":2,\"num_redelivered\":1," \
    "\"num_waiting\":9"

static void
consumers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fovea_status status;
    } wrong[] = {
        { CONSUMER("", COUNTS), FOVEA_ERR_JOB_DIFFERS },
        { CONSUMER(",\"ack_wait\":0", COUNTS), FOVEA_ERR_JOB_DIFFERS },
        { CONSUMER(WAIT ",\"backoff\":[1]", COUNTS), FOVEA_ERR_JOB_DIFFERS },
        { CONSUMER(WAIT ",\"filter_subject\":\"x\"", COUNTS),
                FOVEA_ERR_JOB_DIFFERS },
        { CONSUMER(WAIT ",\"replay_policy\":\"original\"", COUNTS),
                FOVEA_ERR_JOB_DIFFERS },
        { CONSUMER(WAIT, "\"num_pending\":7"), FOVEA_ERR_JOB_MESSAGE },
        { CONSUMER(WAIT ",\"ack_wait\":1", COUNTS), FOVEA_ERR_JOB_MESSAGE },
        { "[]", FOVEA_ERR_JOB_MESSAGE },
        { "{}", FOVEA_ERR_JOB_MESSAGE },
        { "", FOVEA_ERR_JOB_MESSAGE },
        { "{\"error\":5}", FOVEA_ERR_JOB_MESSAGE },
        { "{\"error\":{\"code\":-1}}", FOVEA_ERR_JOB_MESSAGE },
    };
    static const char good[] = CONSUMER(WAIT, COUNTS);
    struct fovea_nats_answer answer;
    struct fovea_nats_consumer consumer = { 0 };
    struct fovea_error error;
    assert_int_equal(fovea_nats_read_consumer(good, strlen(good), "j", &answer,
                             &consumer, &error),
            FOVEA_OK);
    assert_int_equal(answer.code, 0);
    assert_int_equal(consumer.ack_wait_ns, 30000000000);
    assert_int_equal(consumer.n_pending, 7);
    assert_int_equal(consumer.n_ack_pending, 2);
    assert_int_equal(consumer.n_redelivered, 1);
    assert_int_equal(consumer.n_waiting, 9);
    assert_int_equal(consumer.delivered, 5);
    assert_int_equal(consumer.ack_floor, 3);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wrong); i++) {
        assert_int_equal(fovea_nats_read_consumer(wrong[i].text,
                                 strlen(wrong[i].text), "j", &answer, &consumer,
                                 &error),
                wrong[i].status);
    }
    assert_int_equal(consumer.n_pending, 7);
}

static void
failures(void **state)
{
    (void)state;
    static const char text[] =
            "{\"type\":\"x\",\"error\":{\"code\":404,\"err_code\":10059,"
            "\"description\":\"stream not found\"}}";
    static const char published[] = "{\"stream\":\"FOVEA_j\",\"seq\":3}";
    static const char elsewhere[] = "{\"stream\":\"OTHER\",\"seq\":3}";
    static const char nowhere[] = "{\"stream\":\"FOVEA_j\",\"seq\":0}";
    struct fovea_nats_answer answer;
    struct fovea_error error;
    assert_int_equal(
            fovea_nats_read_answer(text, strlen(text), &answer, &error),
            FOVEA_OK);
    assert_int_equal(answer.code, 404);
    assert_int_equal(answer.err_code, FOVEA_NATS_NO_STREAM);
    assert_string_equal(answer.description, "stream not found");
    assert_int_equal(fovea_nats_read_published(published, strlen(published),
                             "j", &answer, &error),
            FOVEA_OK);
    assert_int_equal(fovea_nats_read_published(elsewhere, strlen(elsewhere),
                             "j", &answer, &error),
            FOVEA_ERR_JOB_MESSAGE);
    assert_int_equal(fovea_nats_read_published(nowhere, strlen(nowhere), "j",
                             &answer, &error),
            FOVEA_ERR_JOB_MESSAGE);
}

static bool
count_name(void *context, const char *name)
{
    size_t *n = context;
    assert_true(fovea_queue_is_name(name));
    return ++*n < 2;
}

static void
names(void **state)
{
    (void)state;
    static const char page[] =
            "{\"streams\":[\"FOVEA_a\",\"x\",7,\"FOVEA_\",\"FOVEA_b.c\"]}";
    static const char more[] =
            "{\"streams\":[\"FOVEA_a\",\"FOVEA_b\",\"FOVEA_c\"]}";
    static const char none[] = "{\"total\":0,\"streams\":null}";
    struct fovea_nats_answer answer;
    struct fovea_error error;
    size_t n = 77;
    size_t n_jobs = 0;
    assert_int_equal(fovea_nats_read_names(page, strlen(page), &answer,
                             count_name, &n_jobs, &n, &error),
            FOVEA_OK);
    assert_int_equal(n, 5);
    assert_int_equal(n_jobs, 1);
    assert_int_equal(fovea_nats_read_names(none, strlen(none), &answer,
                             count_name, &n_jobs, &n, &error),
            FOVEA_OK);
    assert_int_equal(n, 0);
    n_jobs = 0;
    assert_int_equal(fovea_nats_read_names(more, strlen(more), &answer,
                             count_name, &n_jobs, &n, &error),
            FOVEA_OK);
    assert_int_equal(n, 0); /* enough was heard */
    assert_int_equal(n_jobs, 2);
}

/* Of RFC 8032's first test, as the nkeys of NATS are written. */
static const char seed[] =
        "SUAJ2YNRTXX72WTAXKCEV5ES5QWMIRCJYVUXWMTJDFYDXLADDSXH6YALCA";
static const char key[] =
        "UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVAL";

static void
keys(void **state)
{
    (void)state;
    char public[FOVEA_NKEY_PUBLIC_SIZE] = "";
    char other[FOVEA_NKEY_SEED_SIZE];
    assert_true(fovea_nkey_public(seed, public));
    assert_string_equal(public, key);
    /* One letter changed anywhere is noticed. */
    for (size_t i = 0; i < strlen(seed); i++) {
        memcpy(other, seed, sizeof other);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        assert_false(fovea_nkey_public(other, public));
    }
    memcpy(other, seed, sizeof other);
    other[strlen(other) - 1] = '\0';
    assert_false(fovea_nkey_public(other, public));
    assert_false(fovea_nkey_public("", public));
    assert_false(fovea_nkey_public(key, public)); /* no seed */
    assert_string_equal(public, key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects_of_shards),
        cmocka_unit_test(subjects_of_nodes),
        cmocka_unit_test(handles),
        cmocka_unit_test(streams),
        cmocka_unit_test(consumers),
        cmocka_unit_test(failures),
        cmocka_unit_test(names),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
