/*
 * Groups of texts beside groups of images, with workers that pretend: what they
 * share and what is kept of it, whom an end is blamed on, and that two groups of
 * one model know nothing of each other.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "pool/cache_key.h"
#include "support/scene.h"

static struct scene scene;
static char cache[128];

/* Of nothing that there is; weights and table are told apart. */
static enum fovea_status
pretend_digest(const struct fovea_cache *of, const char *directory,
        enum fovea_modality modality, enum fovea_shared what, char *digest_out,
        struct fovea_error *err)
{
    (void)of;
    (void)directory;
    (void)err;
    memset(digest_out, what == FOVEA_SHARED_TABLE ? 'b' : 'a',
            FOVEA_CACHE_KEY_SIZE - 1);
    digest_out[0] = modality == FOVEA_MODALITY_TEXT ? '1' : '0';
    digest_out[FOVEA_CACHE_KEY_SIZE - 1] = '\0';
    return FOVEA_OK;
}

static void
prepare(void)
{
    (void)snprintf(cache, sizeof cache, "%s/cache", scene.directory);
    scene.settings.cache_directory = cache;
    scene.settings.digest = pretend_digest;
    scene.settings.max_workers = 1;
}

static struct fovea_group *
open_group(const char *name, enum fovea_work_kind kind, const char *load)
{
    char directory[128];
    struct fovea_group_settings settings;
    struct fovea_group *group = NULL;
    struct fovea_error error;
    scene_group_settings(&scene, name, directory, &settings);
    settings.kind = kind;
    if (kind == FOVEA_WORK_TOKENS) {
        settings.dimension = 0;
        settings.row_bytes = FAKE_ROW_BYTES;
    }
    (void)mkdir(directory, 0700);
    char file[64];
    (void)snprintf(file, sizeof file, "%s/load", name);
    scene_write(&scene, file, load);
    assert_ok(fovea_group_open(scene.pool, &settings, &group, &error), &error);
    return group;
}

static void
expect_good(struct fovea_group *group)
{
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, group);
}

/* Of the cache: how many files, and the first's path by its name. */
static unsigned
list_copies(char path_out[512])
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/packed", cache);
    DIR *directory = opendir(folder);
    unsigned n = 0;
    for (const struct dirent *entry;
            directory && (entry = readdir(directory));) {
        if (entry->d_name[0] != '.') {
            char path[512];
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (n == 0 || strcmp(path, path_out) < 0) {
                memcpy(path_out, path, sizeof path);
            }
            n++;
        }
    }
    if (directory) {
        (void)closedir(directory);
    }
    return n;
}

/* A pool that has worked on one text, and is closed again. */
static void
work_once(enum fovea_work_kind kind, const char *load, bool stores)
{
    scene.n_events = 0;
    scene_open(&scene);
    struct fovea_group *group = open_group("one", kind, load);
    struct shot shot;
    shot_init(&shot, &scene, "vector");
    shot.is_pixels = kind == FOVEA_WORK_TOKENS;
    shot_expect_good(&shot, group);
    if (stores) {
        assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_CACHE, 1),
                "stored a packed copy");
    }
    assert_int_equal(scene_count(&scene, FOVEA_EVENT_CACHE), stores);
    assert_int_equal(fovea_stats_reserved_bytes(scene.pool),
            fovea_work_n_shared(kind) * FAKE_SHARED_BYTES + 50 * SCENE_MIB);
    fovea_group_close(group);
    scene_close(&scene);
}

static void
weights_and_table_are_stored_and_found(void **state)
{
    (void)state;
    char path[512];
    work_once(FOVEA_WORK_EMBED_TEXT, NULL, true);
    assert_int_equal(list_copies(path), 2);
    /* These workers cannot make them: they must be given what there is. */
    work_once(FOVEA_WORK_EMBED_TEXT, "no-memory", false);
    /* Those of tokens need the table alone. */
    work_once(FOVEA_WORK_TOKENS, "no-memory", false);
    /* Those of images none of it. */
    work_once(FOVEA_WORK_EMBED, NULL, true);
    assert_int_equal(list_copies(path), 3);
}

static void
half_of_it_is_made_anew(void **state)
{
    (void)state;
    char path[512];
    work_once(FOVEA_WORK_EMBED_TEXT, NULL, true);
    assert_int_equal(list_copies(path), 2);
    assert_int_equal(unlink(path), 0);
    work_once(FOVEA_WORK_EMBED_TEXT, NULL, true);
    assert_int_equal(list_copies(path), 2);
    work_once(FOVEA_WORK_EMBED_TEXT, "no-memory", false);
}

/* A damaged copy is nobody's fault: all of it goes, and is made. */
static void
a_damaged_half_is_thrown_away(void **state)
{
    (void)state;
    char path[512];
    work_once(FOVEA_WORK_EMBED_TEXT, NULL, true);
    assert_int_equal(list_copies(path), 2);
    assert_int_equal(truncate(path, 5), 0);
    scene.n_events = 0;
    scene_open(&scene);
    struct fovea_group *group = open_group("one", FOVEA_WORK_EMBED_TEXT, NULL);
    expect_good(group);
    assert_string_equal(scene_wait_event(&scene, FOVEA_EVENT_CACHE, 2),
            "stored a packed copy");
    scene_wait_stops(&scene, FOVEA_STOP_LOAD, 1);
    fovea_group_close(group);
    scene_close(&scene);
    work_once(FOVEA_WORK_EMBED_TEXT, "no-memory", false);
}

/* Whoever was to make both and brings one, or says less of them, is ended. */
static void
a_worker_that_shares_half_is_not_believed(void **state)
{
    (void)state;
    static const char *const loads[] = { "shares 1", "shares 0",
        "says-shared 8192" };
    scene_open(&scene);
    for (unsigned i = 0; i < FOVEA_ARRAY_LEN(loads); i++) {
        char name[16];
        struct shot shot;
        (void)snprintf(name, sizeof name, "model%u", i);
        struct fovea_group *group =
                open_group(name, FOVEA_WORK_EMBED_TEXT, loads[i]);
        shot_init(&shot, &scene, "vector");
        shot_expect(&shot, group, FOVEA_ERR_WORKER_START, "make no sense");
        fovea_group_close(group);
    }
}

static void
a_text_that_ends_workers_is_named_and_refused(void **state)
{
    (void)state;
    scene_open(&scene);
    struct fovea_group *one = open_group("one", FOVEA_WORK_EMBED_TEXT, NULL);
    struct fovea_group *other =
            open_group("other", FOVEA_WORK_EMBED_TEXT, NULL);
    struct shot shot;
    shot_init(&shot, &scene, "crash");
    shot_expect(&shot, one, FOVEA_ERR_WORKER_CRASHED,
            "the text ended two workers, the last by signal 11");
    struct fovea_error error;
    assert_fails(shot_submit(&shot, one, &error), &error,
            FOVEA_ERR_WORKER_CRASHED, "it is not tried again");
    /* Another model has another tokenizer, and its own say. */
    shot_expect(&shot, other, FOVEA_ERR_WORKER_CRASHED,
            "the text ended two workers");
    expect_good(one);
    fovea_group_close(one);
    fovea_group_close(other);
}

/* After a row of texts that end their workers the canary is a text, and shows
   that it is the workers. */
static void
broken_workers_are_found_out_by_a_text(void **state)
{
    (void)state;
    enum {
        N = 12
    };
    static struct shot shots[N];
    unsigned n_refused = 0;
    scene_open(&scene);
    struct fovea_group *group =
            open_group("one", FOVEA_WORK_EMBED_TEXT, "images-crash");
    for (unsigned i = 0; i < N; i++) {
        shot_init(&shots[i], &scene, "vector %u", i);
        shot_must_submit(&shots[i], group);
    }
    for (unsigned i = 0; i < N; i++) {
        shot_wait(&shots[i]);
        bool is_refused = shots[i].result.code == FOVEA_ERR_CIRCUIT_OPEN;
        n_refused += is_refused;
        assert_non_null(strstr(shots[i].result.message,
                is_refused ? "with a text that is known to be good"
                           : "the text ended two workers"));
    }
    assert_true(n_refused > 0);
    fovea_group_close(group);
}

static void
only_texts_are_cut(void **state)
{
    (void)state;
    struct shot shot;
    scene_open(&scene);
    struct fovea_group *texts = open_group("one", FOVEA_WORK_EMBED_TEXT, NULL);
    struct fovea_group *images = open_group("one", FOVEA_WORK_EMBED, NULL);
    shot_init(&shot, &scene, "note 4 of 90 tokens");
    shot_expect_good(&shot, texts);
    assert_int_equal(shot.result.notes, FOVEA_NOTE_TRUNCATED);
    assert_string_equal(shot.result.message, "of 90 tokens");
    shot_expect(&shot, images, FOVEA_ERR_WORKER_CRASHED, "makes no sense");
    shot_init(&shot, &scene, "note 1 grey");
    shot_expect(&shot, texts, FOVEA_ERR_WORKER_CRASHED, "makes no sense");
    fovea_group_close(texts);
    fovea_group_close(images);
}

/* Texts stay hot while images' workers have gone, and the other way round. */
static void
each_group_is_idle_for_itself(void **state)
{
    (void)state;
    scene.settings.idle_ns = 50 * FOVEA_NS_PER_MS;
    scene_open(&scene);
    struct fovea_group *texts = open_group("one", FOVEA_WORK_EMBED_TEXT, NULL);
    struct fovea_group *images = open_group("one", FOVEA_WORK_EMBED, NULL);
    struct shot held;
    struct shot shot;
    shot_init(&held, &scene, "held text");
    shot_must_submit(&held, texts);
    scene_wait_workers(&scene, FOVEA_WORKER_PROCESSING, 1);
    shot_init(&shot, &scene, "vector");
    shot_expect_good(&shot, images);
    scene_wait_stops(&scene, FOVEA_STOP_IDLE, 1);
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene.pool, &stats, &error), &error);
    assert_int_equal(stats.n_models, 2);
    for (size_t i = 0; i < stats.n_workers; i++) {
        assert_string_equal(stats.workers[i].work, "embed_text");
    }
    assert_int_equal(stats.n_workers, 1);
    fovea_pool_stats_finish(&stats);
    scene_let_go(&scene, "text");
    shot_check_good(&held);
    scene_wait_stops(&scene, FOVEA_STOP_IDLE, 2);
    fovea_group_close(texts);
    fovea_group_close(images);
}

/* Memory for one of the two: it says which it is that does not fit. */
static void
what_does_not_fit_is_named(void **state)
{
    (void)state;
    struct shot shot;
    scene_set_memory(&scene, 100, 100);
    scene_open(&scene);
    struct fovea_group *texts = open_group("one", FOVEA_WORK_EMBED_TEXT, NULL);
    struct fovea_group *tokens = open_group("one", FOVEA_WORK_TOKENS, NULL);
    struct fovea_group *images = open_group("one", FOVEA_WORK_EMBED, NULL);
    shot_init(&shot, &scene, "vector");
    shot_expect(&shot, texts, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for the text tower of one. Need");
    shot_expect(&shot, tokens, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for the tokenizer of one. Need");
    shot_expect(&shot, images, FOVEA_ERR_MEMORY_EXHAUSTED,
            "Cannot spawn workers for one. Need");
    fovea_group_close(texts);
    fovea_group_close(tokens);
    fovea_group_close(images);
}

SCENE_MAIN(prepare, SCENE_TEST(weights_and_table_are_stored_and_found),
        SCENE_TEST(half_of_it_is_made_anew),
        SCENE_TEST(a_damaged_half_is_thrown_away),
        SCENE_TEST(a_worker_that_shares_half_is_not_believed),
        SCENE_TEST(a_text_that_ends_workers_is_named_and_refused),
        SCENE_TEST(broken_workers_are_found_out_by_a_text),
        SCENE_TEST(only_texts_are_cut),
        SCENE_TEST(each_group_is_idle_for_itself),
        SCENE_TEST(what_does_not_fit_is_named))
