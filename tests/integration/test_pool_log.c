/* Logs of workers: what is passed on is bounded, and no worker hangs on what it
   writes. */
#include "pool/log_budget.h"
#include "support/scene.h"

static struct scene scene;

static void
prepare(void)
{
    scene.settings.max_workers = 1;
}

/* 12 MB about one image: far more than a pipe holds, and its vector comes. */
static void
an_image_that_writes_much_is_good_all_the_same(void **state)
{
    (void)state;
    enum {
        N_LINES = 200000
    };
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "log-lines %d", N_LINES);
    shot_expect_good(&shot, group);
    fovea_group_close(group);
    scene_close(&scene); /* what was left out is told at the end */
    unsigned n_left_out = 0;
    unsigned n_told = 0;
    for (size_t i = 0; i < scene.n_events; i++) {
        if (scene.events[i].kind != FOVEA_EVENT_WORKER_LOG) {
            continue;
        }
        const char *message = scene.events[i].message;
        if (strstr(message, " more line")) {
            n_left_out += (unsigned)strtoul(message, NULL, 10);
        } else {
            n_told++;
        }
    }
    assert_int_equal(n_told, FOVEA_LOG_LINES_ITEM);
    assert_int_equal(n_left_out, N_LINES - FOVEA_LOG_LINES_ITEM);
}

/* What never ends a line, or anything at all. */
static void
a_worker_that_only_writes_is_ended_like_one_that_hangs(void **state)
{
    (void)state;
    scene.settings.image_ns = FOVEA_NS_PER_S;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "log-for-ever");
    shot_expect(&shot, group, FOVEA_ERR_WORKER_TIMEOUT, "ended two workers");
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
    /* A second a worker, and one more for its end. */
    assert_in_range(scene_count(&scene, FOVEA_EVENT_WORKER_LOG), 1,
            4 * (FOVEA_LOG_LINES_WORKER + 1));
    fovea_group_close(group);
}

static void
a_line_is_cut_and_made_harmless(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "one", NULL);
    struct shot shot;
    shot_init(&shot, &scene, "log a\033[2Jb\302\233c\342\200\256d\377");
    shot_expect_good(&shot, group);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_WORKER_LOG, 1),
            "a?[2Jb??c???d?");
    shot_init(&shot, &scene, "log-long 5000");
    shot_expect_good(&shot, group);
    const char *line = scene_wait_event(&scene, FOVEA_EVENT_WORKER_LOG, 2);
    assert_int_equal(strlen(line), FOVEA_LOG_LINE_SIZE - 1);
    fovea_group_close(group);
}

SCENE_MAIN(prepare, SCENE_TEST(an_image_that_writes_much_is_good_all_the_same),
        SCENE_TEST(a_worker_that_only_writes_is_ended_like_one_that_hangs),
        SCENE_TEST(a_line_is_cut_and_made_harmless))
