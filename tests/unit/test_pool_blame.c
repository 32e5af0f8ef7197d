/* Whose fault the end of a worker is: every reason at every time. */
#include <signal.h>

#include "pool/blame.h"
#include "support/test.h"

/* N nobody, I image, W worker, O outside; in the order of the phases: starting,
   fresh, working, on trial, waiting. */
static const struct {
    enum fovea_stop_reason reason;
    const char *blames;
} rows[] = {
    { FOVEA_STOP_NONE, "NNNNN" },
    { FOVEA_STOP_IDLE, "NNNNN" },
    { FOVEA_STOP_MEMORY, "NNNNN" },
    { FOVEA_STOP_MODEL, "NNNNN" },
    { FOVEA_STOP_SHUTDOWN, "NNNNN" },
    { FOVEA_STOP_RECYCLED, "NNNNN" },
    { FOVEA_STOP_EXEC, "WNNNN" },
    { FOVEA_STOP_LOAD, "WNNNN" },
    { FOVEA_STOP_LOAD_TIMEOUT, "WNNNN" },
    { FOVEA_STOP_IMAGE_TIMEOUT, "NNIWN" },
    { FOVEA_STOP_CRASHED, "WWIWN" },
    { FOVEA_STOP_KILLED, "WOOOO" },
    { FOVEA_STOP_OOM, "WOOOO" },
    { FOVEA_STOP_EXITED, "WWIWN" },
    { FOVEA_STOP_PROTOCOL, "WWIWN" },
};
_Static_assert(sizeof rows / sizeof rows[0] == FOVEA_STOP_COUNT,
        "every reason has a row");

static void
the_table_says_whose_fault_it_is(void **state)
{
    (void)state;
    static const char letters[] = {
        [FOVEA_BLAME_NOBODY] = 'N',
        [FOVEA_BLAME_ITEM] = 'I',
        [FOVEA_BLAME_WORKER] = 'W',
        [FOVEA_BLAME_OUTSIDE] = 'O',
    };
    for (size_t i = 0; i < FOVEA_STOP_COUNT; i++) {
        for (int phase = 0; phase <= FOVEA_PHASE_WAITING; phase++) {
            enum fovea_blame blame =
                    fovea_blame_find(rows[i].reason, (enum fovea_phase)phase);
            if (letters[blame] != rows[i].blames[phase]) {
                fail_msg("%s, phase %d: %c",
                        fovea_stop_reason_name(rows[i].reason), phase,
                        letters[blame]);
            }
        }
    }
}

static void
a_signal_is_its_own_or_somebody_elses(void **state)
{
    (void)state;
    static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
        SIGABRT, SIGSYS, SIGPIPE, SIGXFSZ };
    static const int others[] = { SIGKILL, SIGTERM, SIGINT, SIGQUIT, SIGHUP,
        SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        assert_int_equal(fovea_blame_signal(own[i]), FOVEA_STOP_CRASHED);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(fovea_blame_signal(others[i]), FOVEA_STOP_KILLED);
    }
}

static void
a_row_of_faults_leads_to_a_trial(void **state)
{
    (void)state;
    struct fovea_trial trial = { 0 };
    for (int i = 0; i < FOVEA_TRIAL_AFTER_FAULTS; i++) {
        assert_false(fovea_trial_is_due(&trial));
        fovea_trial_fault(&trial, 10 + i);
    }
    assert_true(fovea_trial_is_due(&trial));
    assert_int_equal(trial.since_ns, 10);
    /* Until a worker has shown that it is well. */
    fovea_trial_failed(&trial, 50);
    assert_true(fovea_trial_is_due(&trial));
    assert_int_equal(trial.released_ns, 50);
    fovea_trial_passed(&trial);
    assert_false(fovea_trial_is_due(&trial));
    fovea_trial_fault(&trial, 60);
    assert_int_equal(trial.since_ns, 60);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_whose_fault_it_is),
        cmocka_unit_test(a_signal_is_its_own_or_somebody_elses),
        cmocka_unit_test(a_row_of_faults_leads_to_a_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
