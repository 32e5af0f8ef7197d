/*
 * The manifest: what it is made of, what differs and what is damaged is refused and
 * says why, and of many that make it at once one has.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "shards/key.h"
#include "shards/manifest_kept.h"
#include "shards/manifest_names.h"
#include "shards/markers.h"
#include "shards/names.h"
#include "support/shard_scene.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-manifest-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

static const char *const words[] = { "1", "2", "3", "4", "5", "6", "7", "8",
    "9" };

static struct fovea_objects *
open_place(const char *place)
{
    struct fovea_error error;
    struct fovea_objects *objects = NULL;
    shard_scene_pretend();
    assert_ok(fovea_objects_open(place, NULL, &objects, &error), &error);
    return objects;
}

static enum fovea_status
make(struct fovea_objects *objects, const char *const *all, size_t n,
        bool *was_made_out, struct fovea_error *err)
{
    struct fovea_manifest manifest = { .n_shards = 0 };
    struct fovea_frozen frozen = shard_scene_frozen();
    enum fovea_status status = shard_scene_make(objects, &frozen, all, n,
            was_made_out, &manifest, err);
    fovea_manifest_finish(&manifest);
    fovea_frozen_finish(&frozen);
    return status;
}

static void
what_is_written_is_read_again(void **state)
{
    (void)state;
    struct fovea_error error;
    struct shard_scene scene;
    struct fovea_manifest again = { .n_shards = 0 };
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    assert_int_equal(scene.manifest.n_shards, 3);
    assert_int_equal(scene.manifest.n_items, 9);
    assert_int_equal(scene.manifest.shards[2].first, 8);
    assert_int_equal(scene.manifest.shards[2].count, 1);
    assert_ok(fovea_manifest_read(scene.objects, &again, &error), &error);
    assert_int_equal(again.n_shards, 3);
    assert_string_equal(again.sha256, scene.manifest.sha256);
    assert_string_equal(again.frozen.model, "tests/one");
    assert_ok(fovea_frozen_check(&again.frozen, &scene.manifest.frozen, "x",
                      &error),
            &error);
    fovea_manifest_finish(&again);
    shard_scene_end(&scene);
}

static void
who_comes_later_takes_what_is_there(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_objects *objects = open_place("out");
    bool was_made = false;
    assert_int_equal(tree_put(root, "/in/1", ""), 0);
    const char *const folder[] = { "in" };
    assert_ok(make(objects, folder, 1, &was_made, &error), &error);
    assert_true(was_made);
    assert_int_equal(tree_put(root, "/in/2", ""), 0);
    assert_ok(make(objects, folder, 1, &was_made, &error), &error);
    assert_false(was_made);
    assert_fails(make(objects, words, 2, &was_made, &error), &error,
            FOVEA_ERR_SHARDS_DIFFER, "other inputs (INPUT");
    fovea_objects_close(objects);
}

/* What is written below an input folder is no input of later makers. */
static void
what_is_made_is_no_input(void **state)
{
    (void)state;
    const char *const folder[] = { "./in/" };
    struct shard_scene scene;
    assert_int_equal(tree_put(root, "/in/1", ""), 0);
    assert_int_equal(tree_put(root, "/in/out/manifest/names_00000.jsonl",
                             "{\"input\":\"x\"}\n"),
            0);
    assert_int_equal(tree_put(root, "/in/outer", ""), 0);
    shard_scene_begin(&scene, "in/out", folder, 1);
    assert_int_equal(scene.manifest.n_items, 2);
    shard_scene_end(&scene);
}

/* A change of a manifest that is good otherwise, and what is said of it. */
static const struct {
    const char *from;
    const char *to;
    const char *says;
} damages[] = {
    { "{\"fovea\"", "[\"fovea\"", "no manifest" },
    { "\"fovea\":\"shards\"", "\"fovea\":\"index\"", "no manifest" },
    { "\"format\":1", "\"format\":2", "newer" },
    { "\"format\":1", "\"format\":0", "format" },
    { "\"n_shards\":3", "\"n_shards\":2", "list" },
    { "\"n_shards\":3", "\"n_shards\":4", "list" },
    { "\"n_shards\":3", "\"n_shards\":9999999", "cut short" },
    { "\"n_shards\":3", "\"n_shards\":-3", "n_shards" },
    { "\"n_items\":9", "\"n_items\":8", "list" },
    { "\"shards\":[\n", "\"shard\":[\n", "no list" },
    { "{\"first\":4", "{\"first\":5", "list" },
    { "\"count\":4", "\"count\":3", "list" },
    { "\"count\":4", "\"count\":0", "list" },
    { "\"count\":4", "\"count\":\"4\"", "list" },
    { "\"dimension\":1", "\"dimension\":0", "frozen" },
    { "\"store\":\"f32\"", "\"store\":\"f64\"", "frozen" },
    { "\"raw\":false", "\"raw\":0", "frozen" },
    { "\"shard_size\":4", "\"shard_size\":1000001", "frozen" },
    { "\"weights\":\"a", "\"weights\":\"A", "frozen" },
    { "\"names\":\"", "\"names\":\"0", "list" },
    { "]}\n", "]}", "list" },
    { "]}\n", "]}\n\n", "list" },
};

static void
what_is_damaged_is_refused(void **state)
{
    (void)state;
    struct shard_scene scene;
    struct fovea_error error;
    struct fovea_text text = { 0 };
    shard_scene_begin(&scene, "out", words, FOVEA_ARRAY_LEN(words));
    fovea_manifest_write(&scene.manifest, &text);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(damages); i++) {
        struct fovea_text now = { 0 };
        struct fovea_manifest manifest;
        const char *at = strstr(text.data, damages[i].from);
        if (!at) {
            fail_msg("%s is nowhere", damages[i].from);
        }
        fovea_text_add(&now, text.data, (size_t)(at - text.data));
        fovea_text_format(&now, "%s", damages[i].to);
        fovea_text_format(&now, "%s", at + strlen(damages[i].from));
        assert_fails(fovea_manifest_parse(now.data, now.size, "place",
                             &manifest, &error),
                &error, FOVEA_ERR_SHARDS_DIFFER, damages[i].says);
        assert_non_null(strstr(error.message, "place"));
        fovea_text_finish(&now);
    }
    for (size_t size = 0; size < text.size; size++) {
        struct fovea_manifest manifest;
        assert_int_equal(
                fovea_manifest_parse(text.data, size, "place", &manifest, NULL),
                FOVEA_ERR_SHARDS_DIFFER);
    }
    fovea_text_finish(&text);
    shard_scene_end(&scene);
}

static void
names_may_be_any_bytes(void **state)
{
    (void)state;
    static const char *const odd[] = { "caf\xe9", "a\"b\\c", "tab\there",
        "line\nend", "\xf0\x9f\x90\xb1" };
    struct shard_scene scene;
    struct fovea_error error;
    struct fovea_text bytes = { 0 };
    shard_scene_begin(&scene, "out", odd, 4);
    assert_ok(fovea_objects_get(scene.objects, "manifest/names_00000.jsonl",
                      1 << 16, &bytes, NULL, &error),
            &error);
    struct fovea_names_reader reader = {
        .at = bytes.data,
        .end = bytes.data + bytes.size,
    };
    for (size_t i = 0; i < 4; i++) {
        struct fovea_shard_name name;
        bool is_end = true;
        assert_ok(fovea_names_read(&reader, &is_end, &name, &error), &error);
        assert_false(is_end);
        assert_string_equal(name.name, odd[i]);
        fovea_shard_name_finish(&name);
    }
    fovea_text_finish(&bytes);
    shard_scene_end(&scene);
}

static void
digest_of_names(struct fovea_objects *objects, uint64_t number,
        char sha256_out[FOVEA_SHA256_SIZE])
{
    struct fovea_error error;
    struct fovea_object_info info;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_NAMES, number, key);
    assert_ok(fovea_objects_digest(objects, key, &info, &error), &error);
    memcpy(sha256_out, info.sha256, FOVEA_SHA256_SIZE);
}

/* Of a manifest that is there every file of names is the one that it tells of. */
static void
check_names(const char *place)
{
    struct fovea_error error;
    struct fovea_manifest manifest;
    struct fovea_objects *objects = open_place(place);
    assert_ok(fovea_manifest_read(objects, &manifest, &error), &error);
    for (uint64_t i = 0; i < manifest.n_shards; i++) {
        char digest[FOVEA_SHA256_SIZE];
        digest_of_names(objects, i, digest);
        assert_string_equal(digest, manifest.shards[i].names);
    }
    fovea_manifest_finish(&manifest);
    fovea_objects_close(objects);
}

enum {
    N_RACERS = 8
};

/* Racer number i makes it; 0: found it, 1: made it, 2: refused, 3: else. */
typedef int run_fn(const char *place, int i);

static int
make_and_tell(const char *place, const char *const *all, size_t n)
{
    bool was_made = false;
    struct fovea_error error;
    struct fovea_objects *objects = open_place(place);
    enum fovea_status status = make(objects, all, n, &was_made, &error);
    fovea_objects_close(objects);
    return status == FOVEA_ERR_SHARDS_DIFFER ? 2 : status ? 3 : was_made;
}

/* Every other one of them of other inputs. */
static int
of_words(const char *place, int i)
{
    return make_and_tell(place, words + (i & 1), FOVEA_ARRAY_LEN(words) - 1);
}

/* All of the same folder, into which each puts another picture before. */
static int
of_folder(const char *place, int i)
{
    static const char *const folder[] = { "in" };
    char path[64];
    (void)snprintf(path, sizeof path, "/in/%s%d", place, i);
    return tree_put(root, path, "") ? 3 : make_and_tell(place, folder, 1);
}

/* Processes that make it at once; how many end how. */
static void
race(const char *place, run_fn *run, int n_out[4])
{
    pid_t children[N_RACERS];
    int gate[2];
    memset(n_out, 0, 4 * sizeof *n_out);
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < N_RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char byte = 0;
            (void)close(gate[1]);
            (void)!read(gate[0], &byte, 1);
            _exit(run(place, i));
        }
    }
    (void)close(gate[0]);
    (void)close(gate[1]);
    for (int i = 0; i < N_RACERS; i++) {
        int how = 0;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_true(WIFEXITED(how));
        n_out[WEXITSTATUS(how) & 3]++;
    }
    assert_int_equal(n_out[1], 1);
    assert_int_equal(n_out[3], 0);
    check_names(place);
}

static void
one_of_many_has_made_it(void **state)
{
    (void)state;
    char place[32];
    int n[4];
    for (int i = 0; i < 50; i++) {
        (void)snprintf(place, sizeof place, "out%d", i);
        race(place, of_words, n);
        assert_int_equal(n[2], N_RACERS / 2);
    }
}

/* A manifest is put, and others' names, or none, stand where its own are. */
static void
kept_names_are_put_again(void **state)
{
    (void)state;
    enum {
        N = 3
    };
    struct fovea_error error;
    struct fovea_objects *objects = open_place("out");
    struct fovea_manifest_kept kept = FOVEA_MANIFEST_KEPT_INIT;
    struct fovea_manifest_shard shards[N] = { 0 };
    const struct fovea_manifest manifest = { .shards = shards, .n_shards = N };
    char digest[FOVEA_SHA256_SIZE];
    for (uint64_t i = 0; i < N; i++) {
        struct fovea_text names = { 0 };
        fovea_text_format(&names, "{\"input\":\"%d\"}\n", 100 << 4 * i);
        assert_ok(fovea_manifest_put_names(objects, i, &names, false,
                          shards[i].names, &error),
                &error);
        assert_ok(fovea_manifest_keep(&kept, objects, &names, &error), &error);
        fovea_text_finish(&names);
    }
    assert_int_equal(tree_put(root, "/out/manifest/names_00001.jsonl",
                             "{\"input\":\"7\"}\n"),
            0);
    assert_ok(
            fovea_objects_remove(objects, "manifest/names_00002.jsonl", &error),
            &error);
    assert_ok(fovea_manifest_kept_settle(&kept, objects, &manifest, &error),
            &error);
    for (uint64_t i = 0; i < N; i++) {
        digest_of_names(objects, i, digest);
        assert_string_equal(digest, shards[i].names);
    }
    fovea_manifest_kept_finish(&kept);
    fovea_objects_close(objects);
}

/* Who made it cannot ask INPUT again for what it was; and the others go on with it. */
static void
names_stand_while_pictures_come(void **state)
{
    (void)state;
    char place[32];
    int n[4];
    for (int i = 0; i < 50; i++) {
        (void)snprintf(place, sizeof place, "out%d", i);
        race(place, of_folder, n);
        assert_int_equal(n[2], 0);
    }
}

static void
read_attempts(struct fovea_objects *objects, uint64_t number,
        struct fovea_shard_failure *failure_out)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text bytes = { 0 };
    struct fovea_error error;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_ATTEMPTS, number, key);
    assert_ok(fovea_objects_get(objects, key, 1 << 14, &bytes, NULL, &error),
            &error);
    assert_true(fovea_shard_failure_parse(bytes.data, bytes.size, number,
            failure_out));
}

static void
attempts_are_counted_and_forgiven(void **state)
{
    (void)state;
    struct fovea_objects *objects = open_place("out");
    struct fovea_error error;
    const struct fovea_error reason = {
        .code = FOVEA_ERR_IO,
        .message = "the disk said \"no\"",
    };
    struct fovea_shard_failure failure;
    bool is_failed = true;
    uint64_t n = 0;
    for (uint64_t i = 1; i <= 3; i++) {
        assert_ok(fovea_shard_count_attempt(objects, 7, &reason, &n, &error),
                &error);
        assert_int_equal(n, i);
    }
    read_attempts(objects, 7, &failure);
    assert_int_equal(failure.n_attempts, 3);
    assert_int_equal(failure.code, FOVEA_ERR_IO);
    assert_string_equal(failure.message, reason.message);
    assert_ok(fovea_shard_failed(objects, 7, &is_failed, &failure, &error),
            &error);
    assert_false(is_failed);
    failure.n_attempts = 5;
    failure.code = FOVEA_ERR_ARCHIVE_CHANGED;
    assert_ok(fovea_shard_fail(objects, &failure, &error), &error);
    assert_ok(fovea_shard_failed(objects, 7, &is_failed, &failure, &error),
            &error);
    assert_true(is_failed);
    assert_int_equal(failure.n_attempts, 5);
    assert_int_equal(failure.code, FOVEA_ERR_ARCHIVE_CHANGED);
    /* What is damaged counts from the beginning, and has failed. */
    assert_int_equal(tree_put(root, "/out/attempts/00007.json", "{"), 0);
    assert_int_equal(tree_put(root, "/out/failed/00007.json", "[]"), 0);
    assert_ok(fovea_shard_count_attempt(objects, 7, &reason, &n, &error),
            &error);
    assert_int_equal(n, 1);
    assert_ok(fovea_shard_failed(objects, 7, &is_failed, &failure, &error),
            &error);
    assert_true(is_failed);
    assert_int_equal(failure.code, FOVEA_ERR_SHARD_FAILED);
    assert_ok(fovea_shard_forgive(objects, 7, &error), &error);
    assert_ok(fovea_shard_forgive(objects, 7, &error), &error);
    assert_ok(fovea_shard_failed(objects, 7, &is_failed, &failure, &error),
            &error);
    assert_false(is_failed);
    fovea_objects_close(objects);
}

static void
keys_have_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = { "0007.json", "00007", "00007.jsonl",
        "a0007.json", "-0007.json", "00007.json.json", "", ".json",
        "000007.json", "99999999999999999999.json" };
    char key[FOVEA_SHARD_KEY_SIZE];
    uint64_t number = 0;
    fovea_shard_key(FOVEA_SHARD_ROWS, 7, key);
    assert_string_equal(key, "img_emb/img_emb_00007.npy");
    fovea_shard_key(FOVEA_SHARD_DONE, 1234567, key);
    assert_string_equal(key, "done/1234567.json");
    assert_true(fovea_shard_number(FOVEA_SHARD_DONE, "1234567.json", &number));
    assert_int_equal(number, 1234567);
    assert_true(fovea_shard_number(FOVEA_SHARD_NAMES, "names_00012.jsonl",
            &number));
    assert_int_equal(number, 12);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_false(fovea_shard_number(FOVEA_SHARD_DONE, bad[i], &number));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_written_is_read_again, empty_root),
        cmocka_unit_test_teardown(who_comes_later_takes_what_is_there,
                empty_root),
        cmocka_unit_test_teardown(what_is_made_is_no_input, empty_root),
        cmocka_unit_test_teardown(what_is_damaged_is_refused, empty_root),
        cmocka_unit_test_teardown(names_may_be_any_bytes, empty_root),
        cmocka_unit_test_teardown(one_of_many_has_made_it, empty_root),
        cmocka_unit_test_teardown(kept_names_are_put_again, empty_root),
        cmocka_unit_test_teardown(names_stand_while_pictures_come, empty_root),
        cmocka_unit_test_teardown(attempts_are_counted_and_forgiven,
                empty_root),
        cmocka_unit_test(keys_have_numbers),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
