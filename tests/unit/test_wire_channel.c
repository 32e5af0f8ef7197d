/* Who may say what when, and what comes of it: every state with every type. */
#include <stdio.h>
#include <string.h>

#include "support/test.h"
#include "wire/channel.h"

enum {
    N_STATES = FOVEA_CHANNEL_ENDED + 1,
    FIRST_TYPE = -1, /* beyond both ends of what there is */
    LAST_TYPE = 19
};

static const char *const state_names[N_STATES] = {
    [FOVEA_CHANNEL_NEW] = "NEW",
    [FOVEA_CHANNEL_GREETED] = "GREETED",
    [FOVEA_CHANNEL_LOADING] = "LOADING",
    [FOVEA_CHANNEL_READY] = "READY",
    [FOVEA_CHANNEL_BUSY] = "BUSY",
    [FOVEA_CHANNEL_ASKED] = "ASKED",
    [FOVEA_CHANNEL_MEASURING] = "MEASURING",
    [FOVEA_CHANNEL_ENDED] = "ENDED",
};

/* "TYPE>STATE " for each type that may be sent in this state. */
static void
describe(enum fovea_channel_state state, char text[256])
{
    text[0] = '\0';
    for (int type = FIRST_TYPE; type <= LAST_TYPE; type++) {
        enum fovea_frame_type sent = (enum fovea_frame_type)type;
        enum fovea_channel_state then = state;
        if (fovea_channel_advance(&then, sent)) {
            size_t size = strlen(text);
            (void)snprintf(text + size, 256 - size, "%s>%s ",
                    fovea_frame_type_name(sent), state_names[then]);
        } else {
            assert_int_equal(then, state); /* untouched */
        }
    }
}

static void
every_state_knows_what_may_be_sent_and_what_comes_then(void **state)
{
    (void)state;
    static const char *const expected[N_STATES] = {
        [FOVEA_CHANNEL_NEW] = "HELLO>GREETED ",
        [FOVEA_CHANNEL_GREETED] = "LOAD>LOADING MEASURE>MEASURING ",
        [FOVEA_CHANNEL_LOADING] = "READY>READY FAILED>ENDED ",
        [FOVEA_CHANNEL_READY] = "JOB>BUSY ",
        [FOVEA_CHANNEL_BUSY] = "DECODED>BUSY RESULT>BUSY NEED>ASKED ",
        [FOVEA_CHANNEL_ASKED] = "DECODED>ASKED RESULT>ASKED GRANT>BUSY ",
        [FOVEA_CHANNEL_MEASURING] = "FAILED>ENDED MEASURED>ENDED ",
        [FOVEA_CHANNEL_ENDED] = "",
    };
    for (int i = 0; i < N_STATES; i++) {
        char text[256];
        describe((enum fovea_channel_state)i, text);
        assert_string_equal(text, expected[i]);
    }
}

/* The host's word after the worker's, as a whole conversation. */
static void
a_conversation_goes_through_all_states(void **state)
{
    (void)state;
    enum fovea_channel_state channel = FOVEA_CHANNEL_NEW;
    static const enum fovea_frame_type job[] = { FOVEA_FRAME_JOB,
        FOVEA_FRAME_NEED, FOVEA_FRAME_RESULT, FOVEA_FRAME_GRANT,
        FOVEA_FRAME_DECODED, FOVEA_FRAME_RESULT };
    fovea_channel_send(&channel, FOVEA_FRAME_HELLO);
    fovea_channel_send(&channel, FOVEA_FRAME_LOAD);
    fovea_channel_send(&channel, FOVEA_FRAME_READY);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof job / sizeof job[0]; i++) {
            assert_true(fovea_channel_advance(&channel, job[i]));
        }
        assert_false(fovea_channel_advance(&channel, FOVEA_FRAME_JOB));
        fovea_channel_finish_job(&channel);
        assert_int_equal(channel, FOVEA_CHANNEL_READY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
                every_state_knows_what_may_be_sent_and_what_comes_then),
        cmocka_unit_test(a_conversation_goes_through_all_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
