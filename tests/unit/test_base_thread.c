/* Threads are created with every signal blocked, and nothing else changes. */
#include <errno.h>
#include <signal.h>

#include "base/thread.h"
#include "support/test.h"

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
        void *(*run)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
        void *(*run)(void *), void *context);

static int refusal;

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
        void *(*run)(void *), void *context)
{
    return refusal ? refusal
                   : __real_pthread_create(thread, attributes, run, context);
}

static void
check_mask_is(const sigset_t *expected)
{
    sigset_t mask;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    for (int number = 1; number < NSIG; number++) {
        assert_int_equal(sigismember(&mask, number),
                sigismember(expected, number));
    }
}

/* A mask that is neither empty nor full. */
static void
set_some_mask(sigset_t *mask_out)
{
    (void)sigemptyset(mask_out);
    (void)sigaddset(mask_out, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, mask_out, NULL), 0);
}

static void *
read_mask(void *context)
{
    (void)pthread_sigmask(SIG_BLOCK, NULL, context);
    return context;
}

static void
all_signals_are_blocked_in_it(void **state)
{
    (void)state;
    sigset_t before;
    sigset_t mask;
    set_some_mask(&before);
    (void)sigemptyset(&mask);
    pthread_t thread;
    assert_int_equal(fovea_thread_create(&thread, read_mask, &mask), 0);
    void *result = NULL;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &mask);
    for (int number = 1; number < NSIG; number++) {
        bool can_be = number != SIGKILL && number != SIGSTOP;
        /* Some between the two kinds are the C library's own. */
        if (can_be && (number < 32 || number >= SIGRTMIN)) {
            assert_true(sigismember(&mask, number));
        }
    }
    check_mask_is(&before);
}

static void
the_mask_is_kept_where_there_is_no_thread(void **state)
{
    (void)state;
    sigset_t before;
    set_some_mask(&before);
    refusal = EAGAIN;
    pthread_t thread;
    assert_int_equal(fovea_thread_create(&thread, read_mask, NULL), EAGAIN);
    refusal = 0;
    check_mask_is(&before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_signals_are_blocked_in_it),
        cmocka_unit_test(the_mask_is_kept_where_there_is_no_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
