/*
 * A run in shards whose process is killed, or whose disk is full, at each of its steps:
 * what stands then is whole, and who runs it again ends with what an undisturbed run
 * has, to the byte. And processes that do the same shards at once.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/sha256.h"
#include "support/shard_scene.h"
#include "support/step.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-steps-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

static const char *const words[] = { "1", "bad 2", "later 3", "4", "5",
    "note 6" };

/* Make the manifest and do every shard, in the working directory's `place`. */
static enum fovea_status
run_all(const char *place, struct fovea_error *err)
{
    struct shard_scene scene = { .objects = NULL };
    struct fovea_error error;
    assert_ok(fovea_objects_open(place, NULL, &scene.objects, &error), &error);
    shard_scene_pretend();
    scene.frozen = shard_scene_frozen();
    enum fovea_status status = shard_scene_make(scene.objects, &scene.frozen,
            words, FOVEA_ARRAY_LEN(words), NULL, &scene.manifest, err);
    for (uint64_t i = 0; !status && i < scene.manifest.n_shards; i++) {
        const struct fovea_shard_run run = shard_scene_run(&scene, i);
        enum fovea_shard_verdict verdict = fovea_shard_run(&run, NULL, err);
        status = verdict == FOVEA_SHARD_VERDICT_DONE ||
                        verdict == FOVEA_SHARD_VERDICT_ALREADY
                ? FOVEA_OK
                : err->code;
    }
    shard_scene_end(&scene);
    return status;
}

/* A digest of all files below a folder and their names; `n_out`: how many; hidden ones
   are passed over, or, if they may not be, a failure. */
static void
digest_folder(const char *path, bool may_hide, struct fovea_sha256 *hash,
        size_t *n_out)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char below[512];
        struct stat facts;
        (void)snprintf(below, sizeof below, "%s/%s", path, name);
        if (name[0] == '.') {
            assert_true(may_hide || strcmp(name, ".") == 0 ||
                    strcmp(name, "..") == 0);
        } else if (stat(below, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            digest_folder(below, may_hide, hash, n_out);
        } else {
            char bytes[4096];
            FOVEA_AUTO_FD int fd = open(below, O_RDONLY | O_CLOEXEC);
            ssize_t size = read(fd, bytes, sizeof bytes);
            assert_in_range(size, 0, sizeof bytes - 1);
            fovea_sha256_add_text(hash, strchr(below, '/'));
            fovea_sha256_add(hash, bytes, (size_t)size);
            (*n_out)++;
        }
        free(entries[i]);
    }
    free(entries);
}

static size_t
digest(const char *place, bool may_hide, char hex_out[FOVEA_SHA256_SIZE])
{
    struct fovea_error error;
    struct fovea_sha256 hash;
    size_t n = 0;
    fovea_sha256_begin(&hash);
    digest_folder(place, may_hide, &hash, &n);
    assert_ok(fovea_sha256_end(&hash, hex_out, &error), &error);
    return n;
}

/* Every shard that has a marker has its files. */
static void
check_markers(const char *place)
{
    struct shard_scene scene = { .objects = NULL };
    struct fovea_error error;
    assert_ok(fovea_objects_open(place, NULL, &scene.objects, &error), &error);
    enum fovea_status status =
            fovea_manifest_read(scene.objects, &scene.manifest, &error);
    if (status != FOVEA_ERR_FILE_NOT_FOUND) {
        assert_ok(status, &error);
        for (uint64_t i = 0; i < scene.manifest.n_shards; i++) {
            enum fovea_shard_state found = FOVEA_SHARD_STATE_DAMAGED;
            assert_ok(fovea_shard_look(scene.objects, &scene.manifest, i,
                              FOVEA_SHARD_LOOK_READ, &found, NULL, &error),
                    &error);
            assert_true(found == FOVEA_SHARD_STATE_DONE ||
                    found == FOVEA_SHARD_STATE_OPEN);
        }
    }
    fovea_manifest_finish(&scene.manifest);
    fovea_objects_close(scene.objects);
}

/* Whatever was done before: the next run ends with the same files. Nothing is left of
   them then. */
static void
assert_goes_on(const char whole[FOVEA_SHA256_SIZE], size_t n_files,
        bool may_hide)
{
    char now[FOVEA_SHA256_SIZE];
    char out[64];
    struct fovea_error error;
    check_markers("out");
    assert_ok(run_all("out", &error), &error);
    assert_int_equal(digest("out", may_hide, now), n_files);
    assert_string_equal(now, whole);
    (void)snprintf(out, sizeof out, "%s/out", root);
    assert_int_equal(tree_empty(out), 0);
}

static void
killed_at_any_step_it_goes_on(void **state)
{
    (void)state;
    char whole[FOVEA_SHA256_SIZE];
    struct fovea_error error;
    assert_ok(run_all("whole", &error), &error);
    size_t n_files = digest("whole", false, whole);
    assert_int_equal(n_files, 1 + 2 * 5);
    size_t n_kills = 0;
    bool was_killed = true;
    for (size_t k = 1; was_killed; k++) {
        int how = 0;
        pid_t child = fork();
        if (child == 0) {
            step_begin(STEP_KILL, k);
            _exit(run_all("out", &error) != FOVEA_OK);
        }
        assert_int_equal(waitpid(child, &how, 0), child);
        was_killed = WIFSIGNALED(how);
        n_kills += was_killed;
        assert_true(was_killed || WEXITSTATUS(how) == 0);
        assert_goes_on(whole, n_files, true);
    }
    assert_true(n_kills > 20);
}

static void
with_a_full_disk_at_any_step_it_goes_on(void **state)
{
    (void)state;
    char whole[FOVEA_SHA256_SIZE];
    struct fovea_error error;
    assert_ok(run_all("whole", &error), &error);
    size_t n_files = digest("whole", false, whole);
    bool came = true;
    size_t n_failures = 0;
    for (size_t k = 1; came; k++) {
        step_begin(STEP_NO_ROOM, k);
        enum fovea_status status = run_all("out", &error);
        came = step_came();
        (void)step_end();
        if (status) {
            assert_int_equal(status, FOVEA_ERR_DISK_FULL);
            n_failures++;
        }
        assert_goes_on(whole, n_files, false);
    }
    assert_true(n_failures > 10);
}

static void
many_that_do_the_same_at_once_end_with_one(void **state)
{
    (void)state;
    enum {
        N = 6,
        ROUNDS = 5
    };
    char whole[FOVEA_SHA256_SIZE];
    char now[FOVEA_SHA256_SIZE];
    struct fovea_error error;
    assert_ok(run_all("whole", &error), &error);
    size_t n_files = digest("whole", false, whole);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t children[N];
        int gate[2];
        char byte;
        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < N; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                (void)close(gate[1]);
                (void)!read(gate[0], &byte, 1);
                _exit(run_all("out", &error) != FOVEA_OK);
            }
        }
        (void)close(gate[0]);
        (void)close(gate[1]);
        for (int i = 0; i < N; i++) {
            int how = 0;
            assert_int_equal(waitpid(children[i], &how, 0), children[i]);
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        }
        assert_int_equal(digest("out", false, now), n_files);
        assert_string_equal(now, whole);
        char out[64];
        (void)snprintf(out, sizeof out, "%s/out", root);
        assert_int_equal(tree_empty(out), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(killed_at_any_step_it_goes_on, empty_root),
        cmocka_unit_test_teardown(with_a_full_disk_at_any_step_it_goes_on,
                empty_root),
        cmocka_unit_test_teardown(many_that_do_the_same_at_once_end_with_one,
                empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
