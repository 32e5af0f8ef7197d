/* Many URLs at once: limits, deadlines, cancelling, closing, forking. */
#include <dirent.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

enum {
    N_MANY = 200
};

static struct server *server;

static struct fovea_fetcher *
make(const struct fovea_fetch_settings *settings)
{
    struct fovea_fetcher *fetcher = NULL;
    struct fovea_error error;
    assert_ok(fovea_fetcher_create(settings, &fetcher, &error), &error);
    return fetcher;
}

/* Submit a path of the server; the ticket is the place in the array. */
static void
submit(struct fovea_fetcher *fetcher, const char *path, uint64_t ticket,
        int64_t deadline_ns, struct fetched *fetched)
{
    struct fovea_error error;
    char url[URL_SIZE];
    fetched_init(fetched);
    assert_ok(fovea_fetcher_submit(fetcher,
                      &(struct fovea_fetch_request){
                              .url = url_of(server_port(server), path, url),
                              .ticket = ticket,
                              .deadline_ns = deadline_ns,
                              .fetched = fetched_note,
                              .context = fetched },
                      &error),
            &error);
}

static void
finish_all(struct fetched *fetched, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fetched_finish(&fetched[i]);
    }
}

static void
many_go_at_once(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    struct fovea_fetcher *fetcher = make(&settings);
    static struct fetched fetched[N_MANY];
    unsigned n_before = server_connections(server);
    for (size_t i = 0; i < N_MANY; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/held/%zu", 100 * i);
        submit(fetcher, path, i, FOVEA_NEVER, &fetched[i]);
    }
    while (server_most(server) < settings.url.max_per_host) {
        (void)usleep(1000);
    }
    server_let_go(server);
    for (size_t i = 0; i < N_MANY; i++) {
        assert_ok(fetched_wait(&fetched[i]), &fetched[i].result);
        check_pattern(&fetched[i], 100 * i);
    }
    finish_all(fetched, N_MANY);
    assert_int_equal(server_most(server), settings.url.max_per_host);
    /* Connections are used again. */
    assert_in_range(server_connections(server) - n_before, 1,
            settings.url.max_per_host);
    struct fovea_histogram times;
    fovea_fetcher_read_times(fetcher, &times);
    assert_int_equal(times.count, N_MANY);
    fovea_fetcher_destroy(fetcher);
}

/* A server that does not answer keeps only its own waiting. */
static void
a_slow_server_holds_up_no_other(void **state)
{
    (void)state;
    struct server *slow = server_start();
    struct fovea_fetch_settings settings = fetch_settings();
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched stuck[20];
    struct fetched good;
    struct fovea_error error;
    char url[URL_SIZE];
    for (size_t i = 0; i < 20; i++) {
        fetched_init(&stuck[i]);
        assert_ok(fovea_fetcher_submit(fetcher,
                          &(struct fovea_fetch_request){
                                  .url = url_of(server_port(slow), "/silent",
                                          url),
                                  .ticket = i,
                                  .deadline_ns = FOVEA_NEVER,
                                  .fetched = fetched_note,
                                  .context = &stuck[i] },
                          &error),
                &error);
    }
    submit(fetcher, "/bytes/10", 100, FOVEA_NEVER, &good);
    assert_ok(fetched_wait(&good), &good.result);
    check_pattern(&good, 10);
    fetched_finish(&good);
    fovea_fetcher_destroy(fetcher);
    for (size_t i = 0; i < 20; i++) {
        assert_fails(fetched_wait(&stuck[i]), &stuck[i].result,
                FOVEA_ERR_SHUTTING_DOWN, "not fetched");
    }
    finish_all(stuck, 20);
    assert_int_equal(server_requests(slow) <= settings.url.max_per_host, true);
    server_stop(slow);
}

/* Until a server has been asked n times more. */
static void
wait_for_requests(struct server *asked, unsigned n)
{
    while (server_requests(asked) < n) {
        (void)sched_yield();
    }
}

/* A server that asks to wait: others, of the same server too, go on, and
 * whoever waits can be cancelled, is over at its deadline, and ends with the
 * fetcher. */
static void
one_that_is_put_off_holds_up_no_other(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.max_per_host = 1;
    settings.url.total_ns = 600 * FOVEA_NS_PER_S;
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched waiting[2];
    struct fetched good;
    unsigned before = server_requests(server);
    submit(fetcher, "/busy/429/9/300", 0, FOVEA_NEVER, &waiting[0]);
    wait_for_requests(server, before + 1);
    submit(fetcher, "/busy/503/9/300", 1, FOVEA_NEVER, &waiting[1]);
    submit(fetcher, "/bytes/10", 2, FOVEA_NEVER, &good);
    assert_ok(fetched_wait(&good), &good.result);
    check_pattern(&good, 10);
    fetched_finish(&good);
    assert_int_equal(server_requests(server), before + 3);
    assert_true(fovea_fetcher_cancel(fetcher, 0));
    assert_int_equal(fetched_wait(&waiting[0]), FOVEA_ERR_CANCELLED);
    submit(fetcher, "/busy/429/9/300", 3,
            fovea_clock_ns() + 200 * FOVEA_NS_PER_S, &good);
    assert_fails(fetched_wait(&good), &good.result, FOVEA_ERR_FETCH_BUSY,
            "longer than there is time for (--deadline, ");
    fetched_finish(&good);
    fovea_fetcher_destroy(fetcher);
    assert_int_equal(fetched_wait(&waiting[1]), FOVEA_ERR_SHUTTING_DOWN);
    finish_all(waiting, 2);
}

static void
a_full_queue_is_busy(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.max_waiting = 3;
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched fetched[3];
    for (size_t i = 0; i < 3; i++) {
        submit(fetcher, "/silent", i, FOVEA_NEVER, &fetched[i]);
    }
    struct fovea_error error;
    char url[URL_SIZE];
    (void)url_of(server_port(server), "/bytes/1", url);
    assert_fails(fovea_fetcher_submit(fetcher,
                         &(struct fovea_fetch_request){ .url = url,
                                 .ticket = 3,
                                 .deadline_ns = FOVEA_NEVER,
                                 .fetched = fetched_note,
                                 .context = NULL },
                         &error),
            &error, FOVEA_ERR_BUSY, "3 URLs");
    /* Room again as soon as one is answered. */
    assert_true(fovea_fetcher_cancel(fetcher, 1));
    assert_int_equal(fetched_wait(&fetched[1]), FOVEA_ERR_CANCELLED);
    struct fetched good;
    submit(fetcher, "/bytes/1", 4, FOVEA_NEVER, &good);
    assert_ok(fetched_wait(&good), &good.result);
    fetched_finish(&good);
    fovea_fetcher_destroy(fetcher);
    finish_all(fetched, 3);
}

static void
cancelled_ones_end(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.max_per_host = 1;
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched fetched[3];
    assert_false(fovea_fetcher_cancel(fetcher, 0));
    submit(fetcher, "/silent", 0, FOVEA_NEVER, &fetched[0]);
    submit(fetcher, "/silent", 1, FOVEA_NEVER, &fetched[1]);
    submit(fetcher, "/bytes/9", 2, FOVEA_NEVER, &fetched[2]);
    /* One that waits, and one that is on its way. */
    assert_true(fovea_fetcher_cancel(fetcher, 1));
    assert_fails(fetched_wait(&fetched[1]), &fetched[1].result,
            FOVEA_ERR_CANCELLED, "cancelled");
    assert_true(fovea_fetcher_cancel(fetcher, 0));
    assert_int_equal(fetched_wait(&fetched[0]), FOVEA_ERR_CANCELLED);
    assert_ok(fetched_wait(&fetched[2]), &fetched[2].result);
    check_pattern(&fetched[2], 9);
    assert_false(fovea_fetcher_cancel(fetcher, 2));
    fovea_fetcher_destroy(fetcher);
    finish_all(fetched, 3);
}

/* One on its way and one that waits; a third has another ticket. */
static void
all_of_a_ticket_end(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.max_per_host = 1;
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched fetched[3];
    submit(fetcher, "/silent", 7, FOVEA_NEVER, &fetched[0]);
    submit(fetcher, "/bytes/9", 8, FOVEA_NEVER, &fetched[1]);
    submit(fetcher, "/silent", 7, FOVEA_NEVER, &fetched[2]);
    assert_true(fovea_fetcher_cancel(fetcher, 7));
    assert_int_equal(fetched_wait(&fetched[0]), FOVEA_ERR_CANCELLED);
    assert_int_equal(fetched_wait(&fetched[2]), FOVEA_ERR_CANCELLED);
    assert_ok(fetched_wait(&fetched[1]), &fetched[1].result);
    fovea_fetcher_destroy(fetcher);
    finish_all(fetched, 3);
}

static void
deadlines_end_transfers(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.url.max_per_host = 1;
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched fetched[3];
    int64_t wait_ns = 50 * FOVEA_NS_PER_MS;
    bool was_on_its_way = false;
    while (!was_on_its_way) { /* however long it takes until it is */
        wait_ns *= 2;
        assert_true(wait_ns < 300 * FOVEA_NS_PER_S);
        int64_t soon_ns = fovea_clock_ns() + wait_ns;
        submit(fetcher, "/silent", 0, soon_ns, &fetched[0]);
        submit(fetcher, "/bytes/1", 1, soon_ns - 1, &fetched[1]);
        submit(fetcher, "/bytes/1", 2, FOVEA_NEVER, &fetched[2]);
        assert_fails(fetched_wait(&fetched[1]), &fetched[1].result,
                FOVEA_ERR_DEADLINE, "waited its turn");
        assert_fails(fetched_wait(&fetched[0]), &fetched[0].result,
                FOVEA_ERR_DEADLINE, "");
        assert_true(fovea_clock_ns() >= soon_ns);
        assert_ok(fetched_wait(&fetched[2]), &fetched[2].result);
        was_on_its_way = strstr(fetched[0].result.message, "on its way");
        finish_all(fetched, 3);
    }
    struct fetched past;
    submit(fetcher, "/bytes/1", 3, 1, &past);
    assert_int_equal(fetched_wait(&past), FOVEA_ERR_DEADLINE);
    fetched_finish(&past);
    fovea_fetcher_destroy(fetcher);
}

enum {
    N_THREADS = 8,
    N_EACH = 50
};

struct stormer {
    pthread_t thread;
    struct fovea_fetcher *fetcher;
    unsigned number;
    struct fetched fetched[N_EACH];
};

/* Submit, cancel some, let some run out of time. */
static void *
storm(void *context)
{
    static const char *const paths[] = { "/bytes/5000", "/pause/1/10",
        "/hops/3", "/status/404", "/cut/2000", "/silent" };
    struct stormer *stormer = context;
    for (unsigned i = 0; i < N_EACH; i++) {
        uint64_t ticket = (uint64_t)stormer->number * N_EACH + i + 1;
        bool is_silent = i % 6 == 5;
        int64_t deadline_ns = is_silent || i % 7 == 0
                ? fovea_clock_ns() + 20 * FOVEA_NS_PER_MS
                : FOVEA_NEVER;
        submit(stormer->fetcher, paths[i % 6], ticket, deadline_ns,
                &stormer->fetched[i]);
        if (i % 5 == 0) {
            (void)fovea_fetcher_cancel(stormer->fetcher, ticket);
        }
    }
    return NULL;
}

static bool
is_expected(enum fovea_status status)
{
    return status == FOVEA_OK || status == FOVEA_ERR_CANCELLED ||
            status == FOVEA_ERR_DEADLINE || status == FOVEA_ERR_FETCH ||
            status == FOVEA_ERR_FETCH_STATUS;
}

static void
a_storm_is_answered_once_each(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.max_waiting = N_THREADS * N_EACH;
    struct fovea_fetcher *fetcher = make(&settings);
    static struct stormer stormers[N_THREADS];
    for (unsigned i = 0; i < N_THREADS; i++) {
        stormers[i].fetcher = fetcher;
        stormers[i].number = i;
        assert_int_equal(
                pthread_create(&stormers[i].thread, NULL, storm, &stormers[i]),
                0);
    }
    unsigned n_good = 0;
    for (unsigned i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(stormers[i].thread, NULL), 0);
        for (unsigned j = 0; j < N_EACH; j++) {
            enum fovea_status status = fetched_wait(&stormers[i].fetched[j]);
            n_good += !status;
            assert_true(is_expected(status));
        }
    }
    assert_true(n_good > 0);
    fovea_fetcher_destroy(fetcher);
    /* Each once: finishing looks at the number of answers. */
    for (unsigned i = 0; i < N_THREADS; i++) {
        finish_all(stormers[i].fetched, N_EACH);
    }
}

static unsigned
count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    unsigned n = 0;
    while (readdir(directory)) {
        n++;
    }
    (void)closedir(directory);
    return n;
}

static void
destroying_answers_what_is_in_flight(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.max_bytes = UINT64_C(1) << 40;
    /* The server's ends of the connections count too: a server of its own. */
    unsigned n_before = count_descriptors();
    struct server *own = server_start();
    struct fovea_fetcher *fetcher = make(&settings);
    static const char *const paths[] = { "/silent", "/claim/100", "/endless",
        "/pause/5/100000" };
    static struct fetched fetched[40];
    for (size_t i = 0; i < 40; i++) {
        struct fovea_error error;
        char url[URL_SIZE];
        fetched_init(&fetched[i]);
        assert_ok(fovea_fetcher_submit(fetcher,
                          &(struct fovea_fetch_request){
                                  .url = url_of(server_port(own), paths[i % 4],
                                          url),
                                  .ticket = i,
                                  .deadline_ns = FOVEA_NEVER,
                                  .fetched = fetched_note,
                                  .context = &fetched[i] },
                          &error),
                &error);
    }
    fovea_fetcher_destroy(fetcher);
    for (size_t i = 0; i < 40; i++) {
        enum fovea_status status = fetched_wait(&fetched[i]);
        assert_true(status == FOVEA_OK || status == FOVEA_ERR_SHUTTING_DOWN);
    }
    finish_all(fetched, 40);
    server_stop(own);
    assert_int_equal(count_descriptors(), n_before);
    fovea_fetcher_destroy(NULL);
}

/* A callback may ask for more. */
struct chain {
    struct fovea_fetcher *fetcher;
    struct fetched last;
    unsigned n_left;
};

static void
go_on(void *context, const struct fovea_error *result,
        const struct fovea_fetched *fetched)
{
    struct chain *chain = context;
    char url[URL_SIZE];
    if (chain->n_left-- == 0) {
        fetched_note(&chain->last, result, fetched);
        return;
    }
    assert_int_equal(result->code, FOVEA_OK);
    (void)close(fetched->fd);
    struct fovea_error error;
    assert_ok(
            fovea_fetcher_submit(chain->fetcher,
                    &(struct fovea_fetch_request){
                            .url = url_of(server_port(server), "/bytes/3", url),
                            .ticket = 1,
                            .deadline_ns = FOVEA_NEVER,
                            .fetched = go_on,
                            .context = chain },
                    &error),
            &error);
}

static void
a_callback_may_submit(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    settings.max_waiting = 1; /* the answered one's place is free by then */
    struct chain chain = { .fetcher = make(&settings), .n_left = 5 };
    struct fovea_error error;
    char url[URL_SIZE];
    fetched_init(&chain.last);
    assert_ok(
            fovea_fetcher_submit(chain.fetcher,
                    &(struct fovea_fetch_request){
                            .url = url_of(server_port(server), "/bytes/3", url),
                            .ticket = 1,
                            .deadline_ns = FOVEA_NEVER,
                            .fetched = go_on,
                            .context = &chain },
                    &error),
            &error);
    assert_ok(fetched_wait(&chain.last), &chain.last.result);
    check_pattern(&chain.last, 3);
    fovea_fetcher_destroy(chain.fetcher);
    fetched_finish(&chain.last);
}

static void
a_fork_has_no_fetcher(void **state)
{
    (void)state;
    struct fovea_fetch_settings settings = fetch_settings();
    struct fovea_fetcher *fetcher = make(&settings);
    struct fetched fetched;
    submit(fetcher, "/pause/50/10", 1, FOVEA_NEVER, &fetched);
    pid_t child = fork();
    if (child == 0) {
        struct fovea_error error = { .code = FOVEA_OK };
        char url[URL_SIZE];
        enum fovea_status status = fovea_fetcher_submit(fetcher,
                &(struct fovea_fetch_request){
                        .url = url_of(server_port(server), "/bytes/1", url),
                        .ticket = 2,
                        .deadline_ns = FOVEA_NEVER,
                        .fetched = fetched_note,
                        .context = NULL },
                &error);
        bool is_cancelled = fovea_fetcher_cancel(fetcher, 1);
        fovea_fetcher_destroy(fetcher);
        _exit(status == FOVEA_ERR_FORKED && !is_cancelled ? 0 : 1);
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_ok(fetched_wait(&fetched), &fetched.result);
    check_pattern(&fetched, 10);
    fovea_fetcher_destroy(fetcher);
    fetched_finish(&fetched);
}

static void
there_is_no_thread_before_the_first_url(void **state)
{
    (void)state;
    unsigned n_before = count_descriptors();
    struct fovea_fetch_settings settings = fetch_settings();
    struct fovea_fetcher *fetcher = make(&settings);
    assert_int_equal(count_descriptors(), n_before);
    struct fovea_histogram times;
    fovea_fetcher_read_times(fetcher, &times);
    assert_int_equal(times.count, 0);
    fovea_fetcher_destroy(fetcher);
}

SERVER_FIXTURE(server)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_go_at_once),
        cmocka_unit_test(a_slow_server_holds_up_no_other),
        cmocka_unit_test(one_that_is_put_off_holds_up_no_other),
        cmocka_unit_test(a_full_queue_is_busy),
        cmocka_unit_test(cancelled_ones_end),
        cmocka_unit_test(all_of_a_ticket_end),
        cmocka_unit_test(deadlines_end_transfers),
        cmocka_unit_test(a_storm_is_answered_once_each),
        cmocka_unit_test(destroying_answers_what_is_in_flight),
        cmocka_unit_test(a_callback_may_submit),
        cmocka_unit_test(a_fork_has_no_fetcher),
        cmocka_unit_test(there_is_no_thread_before_the_first_url),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
