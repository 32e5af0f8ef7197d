/* Jobs run beside the loop, one after another or several at once, and are done on
   its side. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/background.h"
#include "base/macros.h"
#include "support/test.h"

enum {
    N_JOBS = 100
};

struct scene {
    struct fovea_background background;
    int bell; /* eventfd: how often the loop was woken */
    int gate; /* a job that waits gets on when this is written to */
    /* written in the background, read when the job is done */
    unsigned n_run;
    /* the loop's */
    unsigned n_done;
    pthread_t loop;
};

struct job {
    struct fovea_background_job job; /* first */
    struct scene *scene;
    unsigned number;
    bool waits;
    bool was_beside;  /* run in another thread */
    struct job *next; /* added when this one is done; or NULL */
};

static void
ring(void *context)
{
    const struct scene *scene = context;
    uint64_t one = 1;
    FOVEA_ASSERT(write(scene->bell, &one, sizeof one) == sizeof one);
}

static void
run(struct fovea_background_job *bare)
{
    struct job *job = (struct job *)bare;
    uint64_t count = 0;
    if (job->waits) {
        FOVEA_ASSERT(
                read(job->scene->gate, &count, sizeof count) == sizeof count);
    }
    job->was_beside = !pthread_equal(pthread_self(), job->scene->loop);
    /* In their order. */
    FOVEA_ASSERT(job->scene->n_run == job->number);
    job->scene->n_run++;
}

static void
finish(struct fovea_background_job *bare)
{
    struct job *job = (struct job *)bare;
    struct scene *scene = job->scene;
    assert_true(pthread_equal(pthread_self(), scene->loop));
    assert_true(job->was_beside);
    assert_int_equal(job->number, scene->n_done);
    assert_false(fovea_background_is_idle(&scene->background));
    scene->n_done++;
    if (job->next) {
        fovea_background_add(&scene->background, &job->next->job);
    }
}

static void
set_up(struct scene *scene)
{
    *scene = (struct scene){
        .bell = eventfd(0, EFD_CLOEXEC),
        .gate = eventfd(0, EFD_CLOEXEC),
        .loop = pthread_self(),
    };
    assert_true(scene->bell >= 0 && scene->gate >= 0);
    fovea_background_init(&scene->background, "fovea-test", ring, scene);
}

static void
tear_down(struct scene *scene)
{
    (void)close(scene->bell);
    (void)close(scene->gate);
}

static void
init_job(struct job *job, struct scene *scene, unsigned number)
{
    *job = (struct job){
        .job = { .run = run, .done = finish },
        .scene = scene,
        .number = number,
    };
}

static void
open_gate(const struct scene *scene)
{
    uint64_t one = 1;
    assert_int_equal(write(scene->gate, &one, sizeof one), sizeof one);
}

/* As a loop does: wait to be woken, collect. */
static void
run_until_idle(struct scene *scene)
{
    while (!fovea_background_is_idle(&scene->background)) {
        uint64_t count = 0;
        assert_int_equal(read(scene->bell, &count, sizeof count), sizeof count);
        fovea_background_collect(&scene->background);
    }
}

static void
jobs_are_run_and_done_in_their_order(void **state)
{
    (void)state;
    struct scene scene;
    struct job jobs[N_JOBS];
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    assert_true(fovea_background_is_idle(&scene.background));
    for (unsigned i = 0; i < N_JOBS; i++) {
        init_job(&jobs[i], &scene, i);
        fovea_background_add(&scene.background, &jobs[i].job);
    }
    run_until_idle(&scene);
    assert_int_equal(scene.n_done, N_JOBS);
    fovea_background_finish(&scene.background);
    assert_int_equal(scene.n_done, N_JOBS);
    tear_down(&scene);
}

static void
nothing_is_done_before_it_is_collected(void **state)
{
    (void)state;
    struct scene scene;
    struct job jobs[2];
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    init_job(&jobs[0], &scene, 0);
    init_job(&jobs[1], &scene, 1);
    jobs[1].waits = true;
    fovea_background_add(&scene.background, &jobs[0].job);
    fovea_background_add(&scene.background, &jobs[1].job);
    uint64_t count = 0;
    assert_int_equal(read(scene.bell, &count, sizeof count), sizeof count);
    assert_int_equal(scene.n_done, 0);
    fovea_background_collect(&scene.background);
    assert_int_equal(scene.n_done, 1); /* the other is still at it */
    fovea_background_collect(&scene.background);
    assert_int_equal(scene.n_done, 1);
    open_gate(&scene);
    run_until_idle(&scene);
    assert_int_equal(scene.n_done, 2);
    fovea_background_finish(&scene.background);
    tear_down(&scene);
}

static void
one_that_is_done_may_add_another(void **state)
{
    (void)state;
    struct scene scene;
    struct job jobs[2];
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    init_job(&jobs[0], &scene, 0);
    init_job(&jobs[1], &scene, 1);
    jobs[0].next = &jobs[1];
    fovea_background_add(&scene.background, &jobs[0].job);
    run_until_idle(&scene);
    assert_int_equal(scene.n_done, 2);
    fovea_background_finish(&scene.background);
    tear_down(&scene);
}

static void
the_end_leaves_no_job(void **state)
{
    (void)state;
    struct scene scene;
    struct job jobs[N_JOBS];
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    for (unsigned i = 0; i < N_JOBS; i++) {
        init_job(&jobs[i], &scene, i);
        jobs[i].waits = i == 0;
        fovea_background_add(&scene.background, &jobs[i].job);
    }
    open_gate(&scene);
    fovea_background_finish(&scene.background);
    assert_int_equal(scene.n_done, N_JOBS);
    assert_true(fovea_background_is_idle(&scene.background));
    tear_down(&scene);
}

static void
without_a_start_there_is_nothing_to_end(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    fovea_background_collect(&scene.background);
    assert_true(fovea_background_is_idle(&scene.background));
    fovea_background_finish(&scene.background);
    tear_down(&scene);
}

static void
a_second_start_starts_nothing(void **state)
{
    (void)state;
    struct scene scene;
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    pthread_t thread = scene.background.threads[0];
    assert_int_equal(fovea_background_start(&scene.background, 1), 0);
    assert_int_equal(scene.background.n_threads, 1);
    assert_true(pthread_equal(thread, scene.background.threads[0]));
    fovea_background_finish(&scene.background);
    tear_down(&scene);
}

/* Until its gate is opened. */
static void
run_slowly(struct fovea_background_job *bare)
{
    const struct job *job = (struct job *)bare;
    uint64_t count = 0;
    FOVEA_ASSERT(read(job->scene->gate, &count, sizeof count) == sizeof count);
}

static void
run_at_once(struct fovea_background_job *bare)
{
    (void)bare;
}

static void
count(struct fovea_background_job *bare)
{
    ((struct job *)bare)->scene->n_done++;
}

static void
one_thread_goes_on_while_another_is_held(void **state)
{
    (void)state;
    struct scene scene;
    struct job jobs[N_JOBS];
    set_up(&scene);
    assert_int_equal(fovea_background_start(&scene.background, 2), 0);
    for (unsigned i = 0; i < N_JOBS; i++) {
        jobs[i] = (struct job){ .scene = &scene,
            .job = { .run = i == 0 ? run_slowly : run_at_once,
                    .done = count } };
        fovea_background_add(&scene.background, &jobs[i].job);
    }
    while (scene.n_done < N_JOBS - 1) {
        uint64_t rings = 0;
        assert_int_equal(read(scene.bell, &rings, sizeof rings), sizeof rings);
        fovea_background_collect(&scene.background);
    }
    assert_false(fovea_background_is_idle(&scene.background));
    open_gate(&scene);
    run_until_idle(&scene);
    assert_int_equal(scene.n_done, N_JOBS);
    fovea_background_finish(&scene.background);
    tear_down(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_run_and_done_in_their_order),
        cmocka_unit_test(nothing_is_done_before_it_is_collected),
        cmocka_unit_test(one_that_is_done_may_add_another),
        cmocka_unit_test(the_end_leaves_no_job),
        cmocka_unit_test(without_a_start_there_is_nothing_to_end),
        cmocka_unit_test(a_second_start_starts_nothing),
        cmocka_unit_test(one_thread_goes_on_while_another_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
