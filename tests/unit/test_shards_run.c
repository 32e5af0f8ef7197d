/*
 * A shard from its inputs to its marker: what is in its files, what is tried again,
 * what is the shard's and what an input's, what becomes of files that are there
 * already. Times of death are in test_shards_steps.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/shard_scene.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-shards-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

/* The text of an object; free() it. */
static char *
content(struct shard_scene *scene, const char *key)
{
    struct fovea_error error;
    struct fovea_text bytes = { 0 };
    assert_ok(fovea_objects_get(scene->objects, key, 1 << 20, &bytes, NULL,
                      &error),
            &error);
    return bytes.data;
}

static void
assert_text(struct shard_scene *scene, const char *key, const char *text)
{
    char *bytes = content(scene, key);
    assert_string_equal(bytes, text);
    free(bytes);
}

/* Rows of float32 behind the header of an array. */
static void
assert_rows(struct shard_scene *scene, const char *key, const float *rows,
        size_t n)
{
    struct fovea_error error;
    struct fovea_text bytes = { 0 };
    assert_ok(fovea_objects_get(scene->objects, key, 1 << 20, &bytes, NULL,
                      &error),
            &error);
    assert_int_equal(bytes.size, 128 + n * sizeof *rows);
    assert_memory_equal(bytes.data + 128, rows, n * sizeof *rows);
    fovea_text_finish(&bytes);
}

/* How many descriptors are open; with that of the folder that is read for it. */
static size_t
n_descriptors(void)
{
    size_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder)) {
        n++;
    }
    (void)closedir(folder);
    return n;
}

/* No descriptor is left open, and none is closed that is somebody else's: another
   thread's connection gets the number of one that is. */
static void
run_shard(struct shard_scene *scene, uint64_t number,
        enum fovea_shard_verdict expected, struct fovea_shard_done *done)
{
    struct fovea_error error = { .message = "" };
    const struct fovea_shard_run run = shard_scene_run(scene, number);
    size_t n_before = n_descriptors();
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    enum fovea_shard_verdict verdict = fovea_shard_run(&run, done, &error);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    assert_int_equal(n_descriptors(), n_before);
    if (verdict != expected) {
        fail_msg("verdict %d, expected %d: %s", (int)verdict, (int)expected,
                error.message);
    }
}

static void
a_shard_is_rows_lines_errors_and_a_marker(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "bad 2", "note 3", "4", "5" };
    static const float first[] = { 1, 3, 4 };
    static const float second[] = { 5 };
    struct shard_scene scene;
    struct fovea_shard_done done;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    assert_int_equal(scene.manifest.n_shards, 2);
    assert_int_equal(scene.manifest.n_items, 5);
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
    assert_int_equal(done.n_inputs, 4);
    assert_int_equal(done.n_rows, 3);
    assert_int_equal(done.n_errors, 1);
    assert_int_equal(done.n_skipped, 0);
    assert_rows(&scene, "img_emb/img_emb_00000.npy", first, 3);
    assert_text(&scene, "metadata/metadata_00000.jsonl",
            "{\"row\":0,\"item\":0,\"input\":\"1\"}\n"
            "{\"row\":1,\"item\":2,\"input\":\"note 3\",\"damaged\":true,"
            "\"note\":\"some rows are grey\"}\n"
            "{\"row\":2,\"item\":3,\"input\":\"4\"}\n");
    assert_text(&scene, "errors/errors_00000.jsonl",
            "{\"item\":1,\"input\":\"bad 2\",\"error\":{\"code\":"
            "\"image_corrupt\",\"message\":\"bad 2: damaged\"}}\n");
    run_shard(&scene, 1, FOVEA_SHARD_VERDICT_DONE, &done);
    assert_rows(&scene, "img_emb/img_emb_00001.npy", second, 1);
    assert_text(&scene, "errors/errors_00001.jsonl", "");
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_ALREADY, &done);
    assert_int_equal(done.n_rows, 3);
    shard_scene_end(&scene);
}

static void
what_was_found_and_is_no_image_is_passed_over(void **state)
{
    (void)state;
    static const char *const words[] = { "other 9", "folder" };
    static const float rows[] = { 1, 3 };
    struct shard_scene scene;
    struct fovea_shard_done done;
    assert_int_equal(tree_put(root, "/folder/1", ""), 0);
    assert_int_equal(tree_put(root, "/folder/other 2", ""), 0);
    assert_int_equal(tree_put(root, "/folder/z3", ""), 0);
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
    assert_int_equal(done.n_inputs, 4);
    assert_int_equal(done.n_rows, 2);
    assert_int_equal(done.n_errors, 1);
    assert_int_equal(done.n_skipped, 1);
    assert_rows(&scene, "img_emb/img_emb_00000.npy", rows, 2);
    assert_text(&scene, "metadata/metadata_00000.jsonl",
            "{\"row\":0,\"item\":1,\"input\":\"folder/1\"}\n"
            "{\"row\":1,\"item\":3,\"input\":\"folder/z3\"}\n");
    shard_scene_end(&scene);
}

static void
what_passes_is_tried_again_and_keeps_its_place(void **state)
{
    (void)state;
    static const char *const words[] = { "later 1", "never 2", "3", "later 4" };
    static const float rows[] = { 1, 3, 4 };
    struct shard_scene scene;
    struct fovea_shard_done done;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
    assert_int_equal(done.n_rows, 3);
    assert_int_equal(done.n_errors, 1);
    assert_rows(&scene, "img_emb/img_emb_00000.npy", rows, 3);
    assert_text(&scene, "metadata/metadata_00000.jsonl",
            "{\"row\":0,\"item\":0,\"input\":\"later 1\"}\n"
            "{\"row\":1,\"item\":2,\"input\":\"3\"}\n"
            "{\"row\":2,\"item\":3,\"input\":\"later 4\"}\n");
    assert_text(&scene, "errors/errors_00000.jsonl",
            "{\"item\":1,\"input\":\"never 2\",\"error\":{\"code\":\"fetch\","
            "\"message\":\"never 2: nobody there\"}}\n");
    shard_scene_end(&scene);
}

static void
rows_may_be_halves(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "later 2" };
    struct shard_scene scene;
    struct fovea_shard_done done;
    struct fovea_text bytes = { 0 };
    struct fovea_error error;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    scene.manifest.frozen.is_half = true;
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
    assert_ok(fovea_objects_get(scene.objects, "img_emb/img_emb_00000.npy",
                      1 << 20, &bytes, NULL, &error),
            &error);
    assert_int_equal(bytes.size, 128 + 4);
    assert_memory_equal(bytes.data + 128, "\x00\x3c\x00\x40", 4);
    assert_non_null(strstr(bytes.data + 10, "'<f2'"));
    fovea_text_finish(&bytes);
    shard_scene_end(&scene);
}

static void
assert_verdict(const char *word, enum fovea_shard_verdict verdict,
        enum fovea_status code)
{
    const char *const words[] = { "1", word, "2" };
    struct fovea_error error;
    struct shard_scene scene;
    struct fovea_object_info info;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    const struct fovea_shard_run run = shard_scene_run(&scene, 0);
    assert_int_equal(fovea_shard_run(&run, NULL, &error), verdict);
    assert_int_equal(error.code, code);
    assert_fails(
            fovea_objects_stat(scene.objects, "done/00000.json", &info, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "done");
    assert_fails(fovea_objects_stat(scene.objects, "img_emb/img_emb_00000.npy",
                         &info, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "img_emb");
    shard_scene_end(&scene);
    assert_int_equal(tree_empty(root), 0);
}

static void
what_is_no_inputs_business_is_the_verdict(void **state)
{
    (void)state;
    assert_verdict("memory", FOVEA_SHARD_VERDICT_RETRY,
            FOVEA_ERR_MEMORY_EXHAUSTED);
    assert_verdict("store", FOVEA_SHARD_VERDICT_RETRY, FOVEA_ERR_OBJECT_STORE);
}

static void
a_shard_that_is_left_leaves_nothing(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "never 2" };
    struct fovea_error error;
    struct shard_scene scene;
    struct fovea_object_info info;
    FOVEA_AUTO_FD int stop_fd = eventfd(1, EFD_CLOEXEC);
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    struct fovea_shard_run run = shard_scene_run(&scene, 0);
    run.stop_fd = stop_fd;
    assert_int_equal(fovea_shard_run(&run, NULL, &error),
            FOVEA_SHARD_VERDICT_LEFT);
    assert_fails(fovea_objects_stat(scene.objects, "img_emb/img_emb_00000.npy",
                         &info, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "img_emb");
    shard_scene_end(&scene);
}

/* What stands at a key before the shard is done again. */
static void
damage(const char *key, const char *text)
{
    char path[96];
    (void)snprintf(path, sizeof path, "out/%s", key);
    if (text) {
        (void)snprintf(path, sizeof path, "/out/%s", key);
        assert_int_equal(tree_put(root, path, text), 0);
    } else {
        assert_int_equal(unlink(path), 0);
    }
}

static void
what_is_not_its_markers_is_done_again(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "bad 2", "3" };
    static const struct {
        const char *key;
        const char *text; /* NULL: it is gone */
    } cases[] = {
        { "img_emb/img_emb_00000.npy", NULL },
        { "img_emb/img_emb_00000.npy", "" },
        { "metadata/metadata_00000.jsonl", NULL },
        { "metadata/metadata_00000.jsonl",
                "{\"row\":0,\"item\":0,\"input\":\"7\"}\n"
                "{\"row\":1,\"item\":2,\"input\":\"3\"}\n" },
        { "errors/errors_00000.jsonl", NULL },
        { "done/00000.json", NULL },
        { "done/00000.json", "" },
        { "done/00000.json", "{\"shard\":0}" },
        { "done/00000.json", "[1" },
    };
    struct shard_scene scene;
    struct fovea_shard_done done;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
    char *marker = content(&scene, "done/00000.json");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error = { .code = FOVEA_OK };
        enum fovea_shard_state found = FOVEA_SHARD_STATE_DONE;
        damage(cases[i].key, cases[i].text);
        assert_ok(fovea_shard_look(scene.objects, &scene.manifest, 0,
                          FOVEA_SHARD_LOOK_READ, &found, NULL, &error),
                &error);
        bool has_marker =
                strncmp(cases[i].key, "done", 4) != 0 || cases[i].text;
        assert_int_equal(found,
                has_marker ? FOVEA_SHARD_STATE_DAMAGED
                           : FOVEA_SHARD_STATE_OPEN);
        if (has_marker) {
            assert_non_null(strstr(error.message, cases[i].key));
        }
        run_shard(&scene, 0, FOVEA_SHARD_VERDICT_DONE, &done);
        assert_text(&scene, "done/00000.json", marker);
        run_shard(&scene, 0, FOVEA_SHARD_VERDICT_ALREADY, &done);
    }
    free(marker);
    shard_scene_end(&scene);
}

static void
a_list_that_is_not_the_manifests_is_refused(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "2" };
    struct fovea_error error;
    struct shard_scene scene;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    damage("manifest/names_00000.jsonl",
            "{\"input\":\"1\"}\n{\"input\":\"3\"}\n");
    const struct fovea_shard_run run = shard_scene_run(&scene, 0);
    assert_int_equal(fovea_shard_run(&run, NULL, &error),
            FOVEA_SHARD_VERDICT_FINAL);
    assert_int_equal(error.code, FOVEA_ERR_SHARDS_DIFFER);
    assert_non_null(strstr(error.message, "names_00000.jsonl"));
    shard_scene_end(&scene);
}

/* As where a folder is not mounted any more: no shard has failed by that. */
static void
a_place_without_its_manifest_is_no_shards_fault(void **state)
{
    (void)state;
    static const char *const words[] = { "1", "2" };
    struct fovea_error error;
    struct shard_scene scene;
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    const struct fovea_shard_run run = shard_scene_run(&scene, 0);
    assert_ok(fovea_objects_remove(scene.objects, "manifest/names_00000.jsonl",
                      &error),
            &error);
    assert_int_equal(fovea_shard_run(&run, NULL, &error),
            FOVEA_SHARD_VERDICT_FINAL);
    assert_int_equal(error.code, FOVEA_ERR_SHARDS_DIFFER);
    assert_ok(fovea_objects_remove(scene.objects, "manifest.json", &error),
            &error);
    assert_int_equal(fovea_shard_run(&run, NULL, &error),
            FOVEA_SHARD_VERDICT_FINAL);
    assert_int_equal(error.code, FOVEA_ERR_JOB_DIFFERS);
    assert_non_null(strstr(error.message, "manifest.json"));
    shard_scene_end(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_shard_is_rows_lines_errors_and_a_marker,
                empty_root),
        cmocka_unit_test_teardown(what_was_found_and_is_no_image_is_passed_over,
                empty_root),
        cmocka_unit_test_teardown(
                what_passes_is_tried_again_and_keeps_its_place, empty_root),
        cmocka_unit_test_teardown(rows_may_be_halves, empty_root),
        cmocka_unit_test_teardown(what_is_no_inputs_business_is_the_verdict,
                empty_root),
        cmocka_unit_test_teardown(a_shard_that_is_left_leaves_nothing,
                empty_root),
        cmocka_unit_test_teardown(what_is_not_its_markers_is_done_again,
                empty_root),
        cmocka_unit_test_teardown(a_list_that_is_not_the_manifests_is_refused,
                empty_root),
        cmocka_unit_test_teardown(
                a_place_without_its_manifest_is_no_shards_fault, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
