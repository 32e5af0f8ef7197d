/* What a node does about a shard: every status. */
#include "base/clock.h"
#include "base/macros.h"
#include "base/pause.h"
#include "jobs/node_verdict.h"
#include "support/test.h"

#define S FOVEA_NS_PER_S

static const struct {
    const char *name;
    enum fovea_status status;
    bool is_retryable;
} rows[] = {
#define X(name, value, string, text, http, exit, retryable) \
    { string, FOVEA_##name, retryable },
#include "fovea/status.def"
#undef X
};

/* What says something of this machine, and nothing of a shard. */
static const struct {
    enum fovea_status status;
    enum fovea_node_mood mood;
} own[] = {
    { FOVEA_ERR_CANCELLED, FOVEA_NODE_MOOD_WORK },
    { FOVEA_ERR_SHUTTING_DOWN, FOVEA_NODE_MOOD_WORK },
    { FOVEA_ERR_NO_MEMORY, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_DISK_FULL, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_MEMORY_EXHAUSTED, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_BUSY, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_WORKER_START, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_CIRCUIT_OPEN, FOVEA_NODE_MOOD_REST },
    { FOVEA_ERR_UNKNOWN_MODEL, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_CPU_UNSUPPORTED, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_MODEL_NOT_FOUND, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_MODEL_CONFIG, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_MODEL_WEIGHTS, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_MODEL_UNSUPPORTED, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_TOKENIZER_UNSUPPORTED, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_TOKENIZER_INVALID, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_SANDBOX, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_FORKED, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_OBJECT_STORE_CREDENTIALS, FOVEA_NODE_MOOD_END },
    { FOVEA_ERR_JOB_DIFFERS, FOVEA_NODE_MOOD_END },
};

static bool
is_own(enum fovea_status status, enum fovea_node_mood *mood_out)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(own); i++) {
        if (own[i].status == status) {
            *mood_out = own[i].mood;
            return true;
        }
    }
    return false;
}

static void
every_status_is_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        struct fovea_node_decision decision =
                fovea_node_decide(rows[i].status, false, 0, 2 * S);
        enum fovea_node_mood mood = FOVEA_NODE_MOOD_WORK;
        enum fovea_node_answer answer = FOVEA_NODE_ANSWER_LATER;
        bool counts = false;
        if (!rows[i].status) {
            answer = FOVEA_NODE_ANSWER_DONE;
        } else if (!is_own(rows[i].status, &mood)) {
            counts = rows[i].status != FOVEA_ERR_SHARD_FAILED;
            answer = rows[i].is_retryable ||
                            rows[i].status == FOVEA_ERR_OBJECT_CHANGED ||
                            rows[i].status == FOVEA_ERR_ROOT_MISSING
                    ? FOVEA_NODE_ANSWER_LATER
                    : FOVEA_NODE_ANSWER_DROP;
        }
        if (rows[i].status == FOVEA_ERR_ROOT_MISSING) {
            mood = FOVEA_NODE_MOOD_REST; /* and others are asked, too */
        }
        if (decision.answer != answer || decision.mood != mood ||
                decision.counts != counts) {
            fail_msg("%s: answer %d, mood %d, counts %d", rows[i].name,
                    (int)decision.answer, (int)decision.mood,
                    (int)decision.counts);
        }
    }
}

static void
the_fifth_verdict_ends_a_shard(void **state)
{
    (void)state;
    static const int64_t waits[] = { 2, 4, 8, 16 };
    for (uint64_t n = 0; n < 8; n++) {
        for (int hung = 0; hung < 2; hung++) {
            struct fovea_node_decision decision =
                    fovea_node_decide(FOVEA_ERR_FETCH, hung != 0, n, 2 * S);
            assert_true(decision.counts);
            assert_int_equal(decision.mood,
                    hung ? FOVEA_NODE_MOOD_REST : FOVEA_NODE_MOOD_WORK);
            assert_int_equal(decision.answer,
                    n < 4 ? FOVEA_NODE_ANSWER_LATER : FOVEA_NODE_ANSWER_DROP);
            assert_int_equal(decision.wait_ns, n < 4 ? waits[n] * S : 0);
        }
    }
    assert_int_equal(
            fovea_node_decide(FOVEA_ERR_FETCH, false, 3, 1000 * S).wait_ns,
            FOVEA_NODE_MOST_PAUSE_NS);
}

/* A full disk on one node is no verdict on a shard, however often. */
static void
what_is_the_nodes_never_ends_a_shard(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(own); i++) {
        struct fovea_node_decision decision =
                fovea_node_decide(own[i].status, false, 1000, 2 * S);
        assert_int_equal(decision.answer, FOVEA_NODE_ANSWER_LATER);
        assert_false(decision.counts);
        assert_int_equal(decision.wait_ns, 0);
    }
}

/* Hanging counts whatever the work ended with, as it is cancelled. */
static void
a_hung_shard_is_counted(void **state)
{
    (void)state;
    struct fovea_node_decision decision =
            fovea_node_decide(FOVEA_ERR_CANCELLED, true, 0, 2 * S);
    assert_true(decision.counts);
    assert_int_equal(decision.mood, FOVEA_NODE_MOOD_REST);
    /* And a shard that was done all the same is done. */
    decision = fovea_node_decide(FOVEA_OK, true, 0, 2 * S);
    assert_int_equal(decision.answer, FOVEA_NODE_ANSWER_DONE);
}

static void
what_cannot_be_written_down_is_given_back(void **state)
{
    (void)state;
    static const struct {
        enum fovea_status status;
        enum fovea_node_mood mood;
    } why[] = {
        { FOVEA_ERR_DISK_FULL, FOVEA_NODE_MOOD_REST },
        { FOVEA_ERR_OBJECT_STORE, FOVEA_NODE_MOOD_REST },
        { FOVEA_ERR_IO, FOVEA_NODE_MOOD_REST },
        { FOVEA_ERR_CANCELLED, FOVEA_NODE_MOOD_REST },
        { FOVEA_ERR_OBJECT_STORE_DENIED, FOVEA_NODE_MOOD_END },
        { FOVEA_ERR_OBJECT_STORE_CREDENTIALS, FOVEA_NODE_MOOD_END },
        { FOVEA_ERR_FILE_DENIED, FOVEA_NODE_MOOD_END },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(why); i++) {
        struct fovea_node_decision decision =
                fovea_node_decide_unwritten(why[i].status);
        assert_int_equal(decision.answer, FOVEA_NODE_ANSWER_LATER);
        assert_int_equal(decision.mood, why[i].mood);
        assert_false(decision.counts);
    }
}

static void
pauses_double_and_spread(void **state)
{
    (void)state;
    assert_int_equal(fovea_pause_ns(2 * S, 60 * S, 0), 0);
    assert_int_equal(fovea_pause_ns(2 * S, 60 * S, 1), 2 * S);
    assert_int_equal(fovea_pause_ns(2 * S, 60 * S, 2), 4 * S);
    assert_int_equal(fovea_pause_ns(2 * S, 60 * S, 6), 60 * S);
    assert_int_equal(fovea_pause_ns(2 * S, INT64_MAX, UINT64_MAX), INT64_MAX);
    assert_int_equal(fovea_pause_ns(0, 60 * S, UINT64_MAX), 0);
    assert_int_equal(fovea_pause_ns(90 * S, 60 * S, 1), 60 * S);
    static const int64_t pauses[] = { 0, 1, 2, 3, S, 60 * S, INT64_MAX };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pauses); i++) {
        int64_t pause = pauses[i];
        assert_int_equal(fovea_pause_spread(pause, 0), pause);
        assert_int_equal(fovea_pause_spread(pause, UINT32_MAX),
                pause - pause / 2);
        int64_t some = fovea_pause_spread(pause, UINT32_MAX / 3);
        assert_true(some <= pause && some >= pause - pause / 2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_decided),
        cmocka_unit_test(the_fifth_verdict_ends_a_shard),
        cmocka_unit_test(what_is_the_nodes_never_ends_a_shard),
        cmocka_unit_test(a_hung_shard_is_counted),
        cmocka_unit_test(what_cannot_be_written_down_is_given_back),
        cmocka_unit_test(pauses_double_and_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
