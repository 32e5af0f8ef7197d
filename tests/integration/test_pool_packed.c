/* Packed weights from one pool to the next: stored, found, and thrown away if
   they are not what they should be. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/scene.h"

static struct scene scene;
static char cache[128];

static void
prepare(void)
{
    (void)snprintf(cache, sizeof cache, "%s/cache", scene.directory);
    scene.settings.cache_directory = cache;
}

/* One with weights that can be digested. The directory may be there already. */
static struct fovea_group *
open_model(const char *load)
{
    static const char *const files[] = { "config.json", "model.safetensors" };
    const char *random = getenv("FOVEA_RANDOM_MODEL");
    assert_non_null(random);
    struct fovea_group *group = scene_group(&scene, "one", load);
    for (unsigned i = 0; i < 2; i++) {
        char from[1024];
        char to[128];
        (void)snprintf(from, sizeof from, "%s/%s", random, files[i]);
        (void)snprintf(to, sizeof to, "%s/one/%s", scene.directory, files[i]);
        if (access(to, F_OK)) {
            assert_int_equal(symlink(from, to), 0);
        }
    }
    return group;
}

static void
expect_good(struct fovea_group *group)
{
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
}

/* The one packed copy in the cache. */
static void
find_copy(char path_out[512])
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/packed", cache);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    unsigned n = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(path_out, 512, "%s/%s", folder, entry->d_name);
            n++;
        }
    }
    (void)closedir(directory);
    assert_int_equal(n, 1);
}

static void
store_one(void)
{
    scene_open(&scene);
    struct fovea_group *group = open_model(NULL);
    expect_good(group);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_CACHE, 1),
            "stored a packed copy");
    fovea_group_close(group);
    scene_close(&scene);
    scene.n_events = 0;
}

static void
a_packed_copy_is_stored_and_found(void **state)
{
    (void)state;
    store_one();
    char path[512];
    find_copy(path);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, FAKE_SHARED_BYTES);
    /* These workers cannot pack: they must be given what there is. */
    scene_open(&scene);
    struct fovea_group *group = open_model("no-memory");
    expect_good(group);
    (void)scene_wait_event(&scene, FOVEA_EVENT_WORKER_READY, 2);
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_CACHE), 0);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            FAKE_SHARED_BYTES + 100 * SCENE_MIB);
    fovea_group_close(group);
}

/* It is stored even where the program ends as soon as it has its vector. */
static void
a_copy_is_stored_though_the_pool_closes(void **state)
{
    (void)state;
    scene.settings.drain_ns = 0;
    scene_open(&scene);
    struct fovea_group *group = open_model(NULL);
    expect_good(group);
    fovea_group_close(group);
    scene_close(&scene);
    char path[512];
    find_copy(path);
}

/* A damaged copy is nobody's fault: it goes, and the weights are packed. */
static void
a_damaged_copy_is_thrown_away(void **state)
{
    (void)state;
    store_one();
    char path[512];
    find_copy(path);
    assert_int_equal(truncate(path, 5), 0);
    scene_open(&scene);
    struct fovea_group *group = open_model(NULL);
    expect_good(group);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_CACHE, 2),
            "stored a packed copy");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 1);
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.models[0].breaker, FOVEA_BREAKER_CLOSED);
    assert_in_range(stats.models[0].stops[FOVEA_STOP_LOAD], 1, 2);
    fovea_pool_stats_finish(&stats);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, FAKE_SHARED_BYTES);
    fovea_group_close(group);
}

/* Workers that refuse whatever they are given do not go on for ever. */
static void
workers_that_refuse_any_copy_do_not_go_on(void **state)
{
    (void)state;
    scene.settings.max_workers = 1;
    store_one();
    scene_open(&scene);
    struct fovea_group *group = open_model("refuses-packed");
    expect_good(group); /* by the one that packed itself */
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 1);
    fovea_group_close(group);
}

static void
without_a_digest_there_is_no_copy(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *group = scene_group(&scene, "empty", NULL);
    expect_good(group);
    fovea_group_close(group);
}

/* It is said what is true: nothing was stored. */
static void
a_copy_that_cannot_be_stored_is_told_of(void **state)
{
    (void)state;
    scene.settings.max_cache_bytes = FAKE_SHARED_BYTES - 1;
    scene_open(&scene);
    struct fovea_group *group = open_model(NULL);
    expect_good(group);
    const char *message = scene_wait_event(&scene, FOVEA_EVENT_CACHE, 1);
    assert_string_equal(message,
            "cannot store a packed copy: 8192 bytes are more than the cache may "
            "hold, 8191 (max_cache_bytes, --max-cache)");
    fovea_group_close(group);
}

static void
without_a_place_nothing_is_stored(void **state)
{
    (void)state;
    scene_write(&scene, "cache", "a file where the folder should be");
    scene_open(&scene);
    struct fovea_group *group = open_model(NULL);
    expect_good(group);
    fovea_group_close(group);
}

SCENE_MAIN(prepare, SCENE_TEST(a_packed_copy_is_stored_and_found),
        SCENE_TEST(a_copy_is_stored_though_the_pool_closes),
        SCENE_TEST(a_damaged_copy_is_thrown_away),
        SCENE_TEST(workers_that_refuse_any_copy_do_not_go_on),
        SCENE_TEST(without_a_digest_there_is_no_copy),
        SCENE_TEST(a_copy_that_cannot_be_stored_is_told_of),
        SCENE_TEST(without_a_place_nothing_is_stored))
