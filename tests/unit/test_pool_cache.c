/*
 * The cache of packed weights: what is stored is found, what is not the user's
 * is not opened, what was not used for long goes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "pool/cache.h"
#include "runtime/weights_digest.h"
#include "support/test.h"
#include "support/tree.h"
#include "sys/memfd.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KEY_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static char root[] = "/tmp/fovea-cache-XXXXXX";

/* The file system as a test wants it. */
static bool disk_is_full;
static bool cannot_remove;

int __real_fstatvfs64(int fd, struct statvfs *facts);
int __wrap_fstatvfs64(int fd, struct statvfs *facts);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);

int
__wrap_fstatvfs64(int fd, struct statvfs *facts)
{
    int result = __real_fstatvfs64(fd, facts);
    if (disk_is_full) {
        facts->f_bavail = 1;
    }
    return result;
}

/* Files of the cache; temporary ones go. */
int
__wrap_unlinkat(int fd, const char *name, int flags)
{
    if (cannot_remove && name[0] != '.') {
        errno = EIO;
        return -1;
    }
    return __real_unlinkat(fd, name, flags);
}

TREE_FIXTURE(root)

static struct fovea_cache
make(uint64_t max_bytes)
{
    struct fovea_error error;
    struct fovea_cache cache;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/some/where", root);
    assert_ok(fovea_cache_init(&cache, path, max_bytes, &error), &error);
    return cache;
}

static void
below(char path[256], const char *name)
{
    (void)snprintf(path, 256, "%s/some/where/%s", root, name);
}

static void
store(const struct fovea_cache *cache, const char *key, uint8_t value,
        size_t size)
{
    struct fovea_error error;
    int fd = -1;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, value, size);
    assert_ok(fovea_memfd_from_bytes("packed", bytes, size, &fd, &error),
            &error);
    bool is_stored = false;
    assert_ok(fovea_cache_store(cache, key, fd, &is_stored, &error), &error);
    assert_int_equal(is_stored, cache->directory != NULL);
    (void)close(fd);
    free(bytes);
}

static void
remove_copy(const struct fovea_cache *cache, const char *key)
{
    struct fovea_error error;
    assert_ok(fovea_cache_remove(cache, key, &error), &error);
}

/* It is not there, and it is said so. */
static void
expect_not_stored(const struct fovea_cache *cache, const char *key, size_t size,
        const char *part)
{
    struct fovea_error error;
    bool is_stored = true;
    uint8_t *bytes = calloc(1, size);
    int fd = -1;
    assert_non_null(bytes);
    assert_ok(fovea_memfd_from_bytes("packed", bytes, size, &fd, &error),
            &error);
    assert_fails(fovea_cache_store(cache, key, fd, &is_stored, &error), &error,
            FOVEA_ERR_IO, part);
    assert_false(is_stored);
    (void)close(fd);
    free(bytes);
}

/* What is there under a key begins with this value; -1: nothing is. */
static int
look(const struct fovea_cache *cache, const char *key)
{
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_cache_open(cache, key, &fd, &error), &error);
    if (fd < 0) {
        return -1;
    }
    uint8_t value = 0;
    assert_int_equal(pread(fd, &value, 1, 0), 1);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    (void)close(fd);
    return value;
}

static void
used_at(const char *key, time_t when)
{
    char path[256];
    char name[80];
    (void)snprintf(name, sizeof name, "packed/%s.fovea", key);
    below(path, name);
    const struct timespec times[2] = { { when, 0 }, { when, 0 } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
set_mode(const char *name, mode_t mode)
{
    char path[256];
    below(path, name);
    assert_int_equal(chmod(path, mode), 0);
}

static mode_t
mode_of(const char *name)
{
    char path[256];
    struct stat info;
    below(path, name);
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static void
what_is_stored_is_found(void **state)
{
    (void)state;
    struct fovea_cache cache = make(UINT64_MAX);
    assert_int_equal(look(&cache, KEY_A), -1);
    store(&cache, KEY_A, 1, 3 << 20);
    store(&cache, KEY_B, 2, 10);
    assert_int_equal(look(&cache, KEY_A), 1);
    assert_int_equal(look(&cache, KEY_B), 2);
    assert_int_equal(look(&cache, KEY_C), -1);
    store(&cache, KEY_A, 3, 10);
    assert_int_equal(look(&cache, KEY_A), 3);
    remove_copy(&cache, KEY_A);
    remove_copy(&cache, KEY_C);
    assert_int_equal(look(&cache, KEY_A), -1);
    assert_int_equal(look(&cache, KEY_B), 2);
    fovea_cache_finish(&cache);
}

static void
a_copy_has_every_byte(void **state)
{
    (void)state;
    enum {
        SIZE = (2 << 20) + 12345
    };
    struct fovea_error error;
    struct fovea_cache cache = make(UINT64_MAX);
    uint8_t *bytes = malloc(SIZE);
    uint8_t *read_back = malloc(SIZE);
    assert_non_null(bytes);
    assert_non_null(read_back);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    int fd = -1;
    assert_ok(fovea_memfd_from_bytes("packed", bytes, SIZE, &fd, &error),
            &error);
    bool is_stored = false;
    assert_ok(fovea_cache_store(&cache, KEY_A, fd, &is_stored, &error), &error);
    (void)close(fd);
    assert_ok(fovea_cache_open(&cache, KEY_A, &fd, &error), &error);
    assert_true(fd >= 0);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, SIZE);
    assert_int_equal(pread(fd, read_back, SIZE, 0), SIZE);
    assert_memory_equal(bytes, read_back, SIZE);
    (void)close(fd);
    free(bytes);
    free(read_back);
    fovea_cache_finish(&cache);
}

static void
folders_and_files_are_the_users_alone(void **state)
{
    (void)state;
    struct fovea_cache cache = make(UINT64_MAX);
    mode_t before = umask(0);
    store(&cache, KEY_A, 1, 10);
    (void)umask(before);
    assert_int_equal(mode_of(""), 0700);
    assert_int_equal(mode_of("packed"), 0700);
    assert_int_equal(mode_of("packed/" KEY_A ".fovea"), 0600);
    fovea_cache_finish(&cache);
}

static void
what_others_may_write_is_not_opened(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache = make(UINT64_MAX);
    int fd = -1;
    store(&cache, KEY_A, 1, 10);
    set_mode("packed/" KEY_A ".fovea", 0620);
    assert_int_equal(look(&cache, KEY_A), -1);
    store(&cache, KEY_A, 2, 10);
    assert_int_equal(look(&cache, KEY_A), 2);

    static const char *const folders[] = { "packed", "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(folders); i++) {
        set_mode(folders[i], 0777);
        assert_fails(fovea_cache_open(&cache, KEY_A, &fd, &error), &error,
                FOVEA_ERR_FILE_DENIED, "chmod go-w");
        bool is_stored = true;
        assert_fails(fovea_cache_store(&cache, KEY_A, STDIN_FILENO, &is_stored,
                             &error),
                &error, FOVEA_ERR_FILE_DENIED, "some/where");
        set_mode(folders[i], 0700);
    }
    assert_int_equal(look(&cache, KEY_A), 2);
    fovea_cache_finish(&cache);
}

static void
links_and_other_things_are_not_opened(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache = make(UINT64_MAX);
    char path[256];
    char target[256];
    int fd = -1;
    store(&cache, KEY_A, 1, 10);
    below(path, "packed/" KEY_B ".fovea");
    below(target, "packed/" KEY_A ".fovea");
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(look(&cache, KEY_B), -1);
    below(path, "packed/" KEY_C ".fovea");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(look(&cache, KEY_C), -1);

    below(target, "packed");
    below(path, "elsewhere");
    assert_int_equal(rename(target, path), 0);
    assert_int_equal(symlink(path, target), 0);
    assert_fails(fovea_cache_open(&cache, KEY_A, &fd, &error), &error,
            FOVEA_ERR_IO, "packed");
    fovea_cache_finish(&cache);
}

static void
the_least_recently_used_goes(void **state)
{
    (void)state;
    struct fovea_cache cache = make(250);
    store(&cache, KEY_A, 1, 100);
    store(&cache, KEY_B, 2, 100);
    used_at(KEY_A, 1000);
    used_at(KEY_B, 2000);
    assert_int_equal(look(&cache, KEY_A), 1); /* and is used now */
    store(&cache, KEY_C, 3, 100);
    assert_int_equal(look(&cache, KEY_B), -1);
    assert_int_equal(look(&cache, KEY_A), 1);
    assert_int_equal(look(&cache, KEY_C), 3);

    /* What was stored just now stays, however old its clock says it is. */
    store(&cache, KEY_B, 2, 240);
    assert_int_equal(look(&cache, KEY_B), 2);
    assert_int_equal(look(&cache, KEY_A), -1);
    assert_int_equal(look(&cache, KEY_C), -1);
    fovea_cache_finish(&cache);
}

static void
what_is_larger_than_the_cap_is_not_stored(void **state)
{
    (void)state;
    struct fovea_cache cache = make(99);
    store(&cache, KEY_B, 2, 50);
    expect_not_stored(&cache, KEY_A, 100,
            "100 bytes are more than the cache may hold, 99 (max_cache_bytes");
    assert_int_equal(look(&cache, KEY_A), -1);
    assert_int_equal(look(&cache, KEY_B), 2);
    fovea_cache_finish(&cache);
}

static void
a_full_disk_is_told(void **state)
{
    (void)state;
    struct fovea_cache cache = make(UINT64_MAX);
    store(&cache, KEY_B, 2, 50);
    disk_is_full = true;
    expect_not_stored(&cache, KEY_A, 8192, "0 MB left, 1 MB are needed");
    assert_int_equal(look(&cache, KEY_A), -1);
    assert_int_equal(look(&cache, KEY_B), 2);
    disk_is_full = false;
    fovea_cache_finish(&cache);
}

/* What could not be made room for, or removed, is not said to be done. */
static void
what_cannot_be_removed_is_told(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache = make(150);
    store(&cache, KEY_B, 2, 100);
    int fd = -1;
    bool is_stored = false;
    uint8_t bytes[100] = { 1 };
    assert_ok(
            fovea_memfd_from_bytes("packed", bytes, sizeof bytes, &fd, &error),
            &error);
    cannot_remove = true;
    assert_fails(fovea_cache_store(&cache, KEY_A, fd, &is_stored, &error),
            &error, FOVEA_ERR_IO, "cannot remove");
    assert_true(is_stored); /* but it is there */
    assert_fails(fovea_cache_remove(&cache, KEY_A, &error), &error,
            FOVEA_ERR_IO, KEY_A);
    cannot_remove = false;
    assert_int_equal(look(&cache, KEY_A), 1);
    (void)close(fd);
    fovea_cache_finish(&cache);
}

static void
what_killed_writers_left_goes_when_it_is_old(void **state)
{
    (void)state;
    struct fovea_cache cache = make(UINT64_MAX);
    char old[256];
    char young[256];
    const struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
    store(&cache, KEY_A, 1, 10);
    assert_int_equal(tree_put(root, "/some/where/packed/.fovea-01.tmp", "x"),
            0);
    assert_int_equal(tree_put(root, "/some/where/packed/.fovea-02.tmp", "x"),
            0);
    below(old, "packed/.fovea-01.tmp");
    below(young, "packed/.fovea-02.tmp");
    assert_int_equal(utimensat(AT_FDCWD, old, times, 0), 0);
    store(&cache, KEY_B, 1, 10);
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(young, F_OK), 0);
    fovea_cache_finish(&cache);
}

/* A cache may have been pointed at a folder that has a "packed" already. */
static void
files_of_others_are_not_removed(void **state)
{
    (void)state;
    static const char *const names[] = { "photo.jpg", ".hidden", "0123.fovea",
        "notes.fovea", KEY_C ".jpg", KEY_C "0" };
    const struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
    struct fovea_cache cache = make(150);
    char path[256];
    store(&cache, KEY_A, 1, 100);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "/some/where/packed/%s", names[i]);
        assert_int_equal(tree_put(root, name, "theirs"), 0);
        below(path, name + strlen("/some/where/"));
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    store(&cache, KEY_B, 1, 100); /* KEY_A has to go */
    assert_int_equal(look(&cache, KEY_A), -1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "packed/%s", names[i]);
        below(path, name);
        assert_int_equal(access(path, F_OK), 0);
    }
    fovea_cache_finish(&cache);
}

static void
an_unwritable_place_is_told(void **state)
{
    (void)state;
    struct fovea_cache cache = make(UINT64_MAX);
    assert_int_equal(tree_put(root, "/some", "a file"), 0);
    expect_not_stored(&cache, KEY_A, 1, "some");
    fovea_cache_finish(&cache);
}

static void
without_a_cache_nothing_is_kept(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache;
    assert_ok(fovea_cache_init(&cache, "", UINT64_MAX, &error), &error);
    assert_null(cache.directory);
    store(&cache, KEY_A, 1, 10);
    assert_int_equal(look(&cache, KEY_A), -1);
    remove_copy(&cache, KEY_A);
    fovea_cache_finish(&cache);
}

static void
the_environment_says_where_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        const char *expected;
    } places[] = {
        { NULL, "/f" },
        { "FOVEA_CACHE", "/x/fovea" },
        { "XDG_CACHE_HOME", "/h/.cache/fovea" },
        { "HOME", NULL },
    };
    assert_int_equal(setenv("FOVEA_CACHE", "/f", 1), 0);
    assert_int_equal(setenv("XDG_CACHE_HOME", "/x", 1), 0);
    assert_int_equal(setenv("HOME", "/h", 1), 0);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        struct fovea_error error;
        struct fovea_cache cache;
        if (places[i].variable) {
            assert_int_equal(setenv(places[i].variable, "", 1), 0);
        }
        assert_ok(fovea_cache_init(&cache, NULL, 1, &error), &error);
        if (places[i].expected) {
            assert_string_equal(cache.directory, places[i].expected);
        } else {
            assert_null(cache.directory);
        }
        fovea_cache_finish(&cache);
    }
}

static void
a_key_depends_on_all_of_its_parts(void **state)
{
    (void)state;
    char keys[6][FOVEA_CACHE_KEY_SIZE];
    fovea_cache_key(KEY_A, "f32", "engine", keys[0]);
    fovea_cache_key(KEY_B, "f32", "engine", keys[1]);
    fovea_cache_key(KEY_A, "bf16", "engine", keys[2]);
    fovea_cache_key(KEY_A, "f32", "engine2", keys[3]);
    fovea_cache_key(KEY_A, "f32e", "ngine", keys[4]);
    fovea_cache_key(KEY_A, "int8", "engine", keys[5]);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        assert_true(fovea_cache_is_key(keys[i]));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(keys[i], keys[k]);
        }
    }
    assert_false(fovea_cache_is_key(""));
    assert_false(fovea_cache_is_key(KEY_A "a"));
    assert_false(fovea_cache_is_key("../../etc/passwd"));
}

/* Digests. */

static const struct fovea_tower tiny = {
    .width = 8,
    .mlp = 16,
    .n_layers = 1,
    .n_heads = 2,
    .side_px = 8,
    .patch_px = 4,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 4,
    .eps = 1e-5F,
};

static void
save_model(const char *path, uint64_t seed)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_create_random(&tiny, seed, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, &tiny, path, &error), &error);
    fovea_checkpoint_close(checkpoint);
}

/* The one memo of the cache; false if there is none. */
static bool
find_memo(char path_out[512])
{
    char folder[256];
    below(folder, "digests");
    DIR *directory = opendir(folder);
    bool found = false;
    const struct dirent *entry = NULL;
    while (directory && (entry = readdir(directory))) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(path_out, 512, "%s/%s", folder, entry->d_name);
            found = true;
        }
    }
    if (directory) {
        (void)closedir(directory);
    }
    return found;
}

static void
a_digest_is_remembered_once_its_files_are_settled(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache = make(UINT64_MAX);
    char model[256];
    char memo[512];
    char first[FOVEA_CACHE_KEY_SIZE];
    char again[FOVEA_CACHE_KEY_SIZE];
    (void)snprintf(model, sizeof model, "%s/model", root);
    save_model(model, 1);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, first,
                      &error),
            &error);
    assert_true(fovea_cache_is_key(first));
    for (int i = 0; i < 100000 && !find_memo(memo); i++) {
        (void)usleep(2000);
        assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE,
                          again, &error),
                &error);
        assert_string_equal(first, again);
    }
    assert_true(find_memo(memo));

    /* From now on it is the memo that answers... */
    FILE *file = fopen(memo, "we");
    assert_non_null(file);
    assert_true(fputs(KEY_C, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, again,
                      &error),
            &error);
    assert_string_equal(again, KEY_C);
    /* ...unless it is not one... */
    assert_int_equal(truncate(memo, 63), 0);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, again,
                      &error),
            &error);
    assert_string_equal(first, again);
    /* ...or the files are others. */
    save_model(model, 2);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, again,
                      &error),
            &error);
    assert_string_not_equal(first, again);
    fovea_cache_finish(&cache);
}

static void
a_digest_needs_no_cache(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_cache cache;
    char model[256];
    char first[FOVEA_CACHE_KEY_SIZE];
    char again[FOVEA_CACHE_KEY_SIZE];
    (void)snprintf(model, sizeof model, "%s/model", root);
    assert_ok(fovea_cache_init(&cache, "", UINT64_MAX, &error), &error);
    save_model(model, 1);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, first,
                      &error),
            &error);
    assert_ok(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE, again,
                      &error),
            &error);
    assert_string_equal(first, again);
    (void)snprintf(model, sizeof model, "%s/nowhere", root);
    assert_fails(fovea_weights_digest(&cache, model, FOVEA_MODALITY_IMAGE,
                         again, &error),
            &error, FOVEA_ERR_MODEL_NOT_FOUND, "nowhere");
    assert_string_equal(first, again);
    fovea_cache_finish(&cache);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_stored_is_found, empty_root),
        cmocka_unit_test_teardown(a_copy_has_every_byte, empty_root),
        cmocka_unit_test_teardown(folders_and_files_are_the_users_alone,
                empty_root),
        cmocka_unit_test_teardown(what_others_may_write_is_not_opened,
                empty_root),
        cmocka_unit_test_teardown(links_and_other_things_are_not_opened,
                empty_root),
        cmocka_unit_test_teardown(the_least_recently_used_goes, empty_root),
        cmocka_unit_test_teardown(what_is_larger_than_the_cap_is_not_stored,
                empty_root),
        cmocka_unit_test_teardown(a_full_disk_is_told, empty_root),
        cmocka_unit_test_teardown(what_cannot_be_removed_is_told, empty_root),
        cmocka_unit_test_teardown(what_killed_writers_left_goes_when_it_is_old,
                empty_root),
        cmocka_unit_test_teardown(files_of_others_are_not_removed, empty_root),
        cmocka_unit_test_teardown(an_unwritable_place_is_told, empty_root),
        cmocka_unit_test_teardown(without_a_cache_nothing_is_kept, empty_root),
        cmocka_unit_test(the_environment_says_where_it_is),
        cmocka_unit_test(a_key_depends_on_all_of_its_parts),
        cmocka_unit_test_teardown(
                a_digest_is_remembered_once_its_files_are_settled, empty_root),
        cmocka_unit_test_teardown(a_digest_needs_no_cache, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
