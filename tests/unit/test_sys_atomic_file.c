/*
 * Files that appear whole or not at all: what is to be seen in the directory
 * before and after a commit, and after each step of it has failed.
 *
 * The system calls are wrapped by the linker; `fault` makes the k-th call of
 * one kind fail.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "sys/atomic_file.h"

enum call {
    CALL_NONE,
    CALL_OPEN_NAMELESS,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_CLOSE,
    CALL_LINK,
    CALL_EXCHANGE,
    CALL_RENAME,
};

static struct {
    enum call call;
    int countdown; /* fails when it gets to 0; every time if it was negative */
    int error;
} fault;

/* Exchanges of names while the folder's lock could be had, and all. */
static struct {
    unsigned n_unlocked;
    unsigned n;
} exchanges;

static char directory[] = "/tmp/fovea-atomic-XXXXXX";
static char path_a[64];
static char path_b[64];

static bool
fails(enum call call)
{
    if (fault.call != call || (fault.countdown >= 0 && --fault.countdown)) {
        return false;
    }
    errno = fault.error;
    return true;
}

int __real_openat64(int at, const char *name, int flags, unsigned mode);
int __wrap_openat64(int at, const char *name, int flags, unsigned mode);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_linkat(int from_at, const char *from, int to_at, const char *to,
        int flags);
int __wrap_linkat(int from_at, const char *from, int to_at, const char *to,
        int flags);
int __real_renameat2(int from_at, const char *from, int to_at, const char *to,
        unsigned flags);
int __wrap_renameat2(int from_at, const char *from, int to_at, const char *to,
        unsigned flags);
int __real_renameat(int from_at, const char *from, int to_at, const char *to);
int __wrap_renameat(int from_at, const char *from, int to_at, const char *to);

int
__wrap_openat64(int at, const char *name, int flags, unsigned mode)
{
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    return nameless && fails(CALL_OPEN_NAMELESS)
            ? -1
            : __real_openat64(at, name, flags, mode);
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t size)
{
    return fails(CALL_WRITE) ? -1 : __real_write(fd, bytes, size);
}

int
__wrap_fsync(int fd)
{
    return fails(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

/* It is closed all the same, as Linux does. */
int
__wrap_close(int fd)
{
    int result = __real_close(fd);
    return fails(CALL_CLOSE) ? -1 : result;
}

int
__wrap_linkat(int from_at, const char *from, int to_at, const char *to,
        int flags)
{
    return fails(CALL_LINK) ? -1
                            : __real_linkat(from_at, from, to_at, to, flags);
}

int
__wrap_renameat2(int from_at, const char *from, int to_at, const char *to,
        unsigned flags)
{
    if (flags & RENAME_EXCHANGE) {
        int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        exchanges.n++;
        exchanges.n_unlocked += !flock(folder, LOCK_EX | LOCK_NB);
        (void)close(folder);
    }
    return fails(CALL_EXCHANGE)
            ? -1
            : __real_renameat2(from_at, from, to_at, to, flags);
}

int
__wrap_renameat(int from_at, const char *from, int to_at, const char *to)
{
    return fails(CALL_RENAME) ? -1 : __real_renameat(from_at, from, to_at, to);
}

static int
make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(path_a, sizeof path_a, "%s/a", directory);
    (void)snprintf(path_b, sizeof path_b, "%s/b", directory);
    return 0;
}

static int
remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int
forget(void **state)
{
    (void)state;
    fault.call = CALL_NONE;
    (void)unlink(path_a);
    (void)unlink(path_b);
    return 0;
}

static void
set_fault(enum call call, int countdown, int error)
{
    fault.call = call;
    fault.countdown = countdown;
    fault.error = error;
}

/* Number of names in the directory, hidden ones included. */
static int
n_entries(void)
{
    DIR *stream = opendir(directory);
    assert_non_null(stream);
    int n = 0;
    while (readdir(stream)) {
        n++;
    }
    (void)closedir(stream);
    return n - 2;
}

static void
put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
assert_content(const char *path, const char *text)
{
    char buffer[64] = "";
    FILE *file = fopen(path, "r");
    if (!file) {
        fail_msg("%s is not there", path);
        return;
    }
    size_t n = fread(buffer, 1, sizeof buffer - 1, file);
    (void)fclose(file);
    buffer[n] = '\0';
    assert_string_equal(buffer, text);
}

static struct fovea_atomic_file
begin(const char *path, const char *text)
{
    struct fovea_error error;
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    assert_ok(fovea_atomic_file_open(path, &file, &error), &error);
    assert_ok(fovea_atomic_file_write(&file, text, strlen(text), &error),
            &error);
    return file;
}

static void
a_file_appears_at_commit(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_atomic_file file = begin(path_a, "xxxxx world");
    assert_int_equal(access(path_a, F_OK), -1);
    assert_ok(fovea_atomic_file_write_at(&file, 0, "hello", 5, &error), &error);
    assert_ok(fovea_atomic_file_write(&file, "!", 1, &error), &error);
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    fovea_atomic_file_abandon(&file);
    assert_content(path_a, "hello world!");
    assert_int_equal(n_entries(), 1);
}

static void
a_file_replaces_an_old_one(void **state)
{
    (void)state;
    struct fovea_error error;
    put(path_a, "old");
    struct fovea_atomic_file file = begin(path_a, "new");
    assert_content(path_a, "old");
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    assert_content(path_a, "new");
    assert_int_equal(n_entries(), 1);
}

static void
a_named_file_does_where_nameless_ones_are_unknown(void **state)
{
    (void)state;
    struct fovea_error error;
    set_fault(CALL_OPEN_NAMELESS, -1, EOPNOTSUPP);
    struct fovea_atomic_file file = begin(path_a, "one");
    assert_int_equal(access(path_a, F_OK), -1);
    assert_int_equal(n_entries(), 1);
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    assert_content(path_a, "one");
    assert_int_equal(n_entries(), 1);
    file = begin(path_a, "two");
    fovea_atomic_file_abandon(&file);
    fovea_atomic_file_abandon(&file);
    assert_content(path_a, "one");
    assert_int_equal(n_entries(), 1);
}

static void
nothing_stays_of_an_abandoned_file(void **state)
{
    (void)state;
    struct fovea_atomic_file file = begin(path_a, "one");
    assert_int_equal(n_entries(), 0);
    fovea_atomic_file_abandon(&file);
    assert_int_equal(n_entries(), 0);
    fovea_atomic_file_abandon(NULL);
}

static void
without_exchange_a_rename_replaces(void **state)
{
    (void)state;
    struct fovea_error error;
    put(path_a, "old");
    set_fault(CALL_EXCHANGE, -1, EINVAL);
    struct fovea_atomic_file file = begin(path_a, "new");
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    assert_content(path_a, "new");
    assert_int_equal(n_entries(), 1);
}

/* Commit a and b with one fault; both must be as they were. */
static void
check_pair_fault(enum call call, int countdown, int error_number)
{
    struct fovea_error error;
    put(path_a, "old a");
    struct fovea_atomic_file a = begin(path_a, "new a");
    struct fovea_atomic_file b = begin(path_b, "new b");
    struct fovea_atomic_file *files[] = { &a, &b };
    set_fault(call, countdown, error_number);
    assert_fails(fovea_atomic_files_commit(files, 2, &error), &error,
            error_number == EIO ? FOVEA_ERR_IO : FOVEA_ERR_DISK_FULL,
            directory);
    assert_int_equal(error.sys_errno, error_number);
    fault.call = CALL_NONE;
    fovea_atomic_file_abandon(&a);
    fovea_atomic_file_abandon(&b);
    assert_content(path_a, "old a");
    assert_int_equal(n_entries(), 1);
}

static void
a_pair_is_taken_back_whatever_fails(void **state)
{
    (void)state;
    for (int k = 1; k <= 4; k++) { /* a, b, the directory for a, for b */
        check_pair_fault(CALL_FSYNC, k, EIO);
    }
    check_pair_fault(CALL_CLOSE, 1, EDQUOT);
    check_pair_fault(CALL_CLOSE, 2, EIO);
    check_pair_fault(CALL_LINK, 1, ENOSPC);
    check_pair_fault(CALL_LINK, 2, ENOSPC);
    check_pair_fault(CALL_RENAME, 1, EIO); /* b: there is no old one */
}

static void
a_pair_commits(void **state)
{
    (void)state;
    struct fovea_error error;
    put(path_b, "old b");
    struct fovea_atomic_file a = begin(path_a, "new a");
    struct fovea_atomic_file b = begin(path_b, "new b");
    struct fovea_atomic_file *files[] = { &a, &b };
    set_fault(CALL_FSYNC, 3, EINVAL); /* no syncing of directories here */
    assert_ok(fovea_atomic_files_commit(files, 2, &error), &error);
    assert_content(path_a, "new a");
    assert_content(path_b, "new b");
    assert_int_equal(n_entries(), 2);
}

static void
taking_back_without_exchange_leaves_no_half(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_atomic_file a = begin(path_a, "new a");
    struct fovea_atomic_file b = begin(path_b, "new b");
    struct fovea_atomic_file *files[] = { &a, &b };
    set_fault(CALL_RENAME, 2, EIO);
    assert_fails(fovea_atomic_files_commit(files, 2, &error), &error,
            FOVEA_ERR_IO, path_b);
    fault.call = CALL_NONE;
    fovea_atomic_file_abandon(&a);
    fovea_atomic_file_abandon(&b);
    assert_int_equal(n_entries(), 0);
}

static void
a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_atomic_file file = begin(path_a, "one");
    set_fault(CALL_WRITE, 1, ENOSPC);
    assert_fails(fovea_atomic_file_write(&file, "x", 1, &error), &error,
            FOVEA_ERR_DISK_FULL, "No space left");
    set_fault(CALL_WRITE, 1, EINTR);
    assert_ok(fovea_atomic_file_write(&file, "x", 1, &error), &error);
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    assert_content(path_a, "onex");
}

/* What stands at a path; nothing: is_there is false. */
static struct fovea_file_id
look(const char *path)
{
    struct stat info;
    return lstat(path, &info)
            ? (struct fovea_file_id){ .is_there = false }
            : (struct fovea_file_id){ true, info.st_dev, info.st_ino };
}

/* Commit "new" to path_a, which was looked at and into which `meanwhile`, if
   any, is put then by another writer. */
static enum fovea_status
commit_after(const char *meanwhile, struct fovea_error *err)
{
    struct fovea_file_id id = look(path_a);
    struct fovea_atomic_file file = begin(path_a, "new");
    fovea_atomic_file_expect(&file, &id);
    if (meanwhile) {
        struct fovea_atomic_file other = begin(path_a, meanwhile);
        assert_ok(fovea_atomic_file_commit(&other, err), err);
    }
    enum fovea_status status = fovea_atomic_file_commit(&file, err);
    fovea_atomic_file_abandon(&file);
    return status;
}

static void
only_what_was_looked_at_is_replaced(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(commit_after(NULL, &error), &error);
    assert_content(path_a, "new");
    /* What stood there is replaced, what has come since is not. */
    assert_ok(commit_after(NULL, &error), &error);
    assert_fails(commit_after("theirs", &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "meanwhile");
    assert_content(path_a, "theirs");
    assert_int_equal(unlink(path_a), 0);
    assert_fails(commit_after("theirs", &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "meanwhile");
    assert_content(path_a, "theirs");
    assert_int_equal(n_entries(), 1);
    /* Where a file system cannot rename without replacing. */
    assert_int_equal(unlink(path_a), 0);
    set_fault(CALL_EXCHANGE, -1, EINVAL);
    assert_ok(commit_after(NULL, &error), &error);
    assert_content(path_a, "new");
    assert_int_equal(unlink(path_a), 0);
    assert_fails(commit_after("theirs", &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "meanwhile");
    assert_content(path_a, "theirs");
    assert_int_equal(n_entries(), 1);
}

/* With a name from the beginning (ENOTSUP) and without one. */
static void
check_second_try(int nameless_error)
{
    struct fovea_error error;
    put(path_a, "theirs");
    set_fault(CALL_OPEN_NAMELESS, nameless_error ? 1 : 2, nameless_error);
    struct fovea_atomic_file file = begin(path_a, "new");
    fault.call = CALL_NONE;
    const struct fovea_file_id none = { .is_there = false };
    fovea_atomic_file_expect(&file, &none);
    assert_fails(fovea_atomic_file_commit(&file, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "meanwhile");
    assert_content(path_a, "theirs");
    struct fovea_file_id id = look(path_a);
    fovea_atomic_file_expect(&file, &id);
    assert_ok(fovea_atomic_file_commit(&file, &error), &error);
    assert_content(path_a, "new");
    assert_int_equal(n_entries(), 1);
}

static void
what_was_refused_may_be_committed_again(void **state)
{
    (void)state;
    check_second_try(0);
    check_second_try(ENOTSUP);
}

/* Add one to the number in a file, if nobody has written it since it was read. */
static bool
count_one(void)
{
    struct fovea_error error;
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    char text[16] = "";
    struct stat info;
    /* Open until the end, so that no other file gets its number. */
    int fd = open(path_a, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || fstat(fd, &info)) {
        _exit(1);
    }
    const struct fovea_file_id id = { true, info.st_dev, info.st_ino };
    int n = snprintf(text, sizeof text, "%d", atoi(text) + 1);
    if (fovea_atomic_file_open(path_a, &file, &error) ||
            fovea_atomic_file_write(&file, text, (size_t)n, &error)) {
        _exit(1);
    }
    fovea_atomic_file_expect(&file, &id);
    enum fovea_status status = fovea_atomic_file_commit(&file, &error);
    fovea_atomic_file_abandon(&file);
    (void)close(fd);
    if (status && status != FOVEA_ERR_OUTPUT_REFUSED) {
        _exit(1);
    }
    return !status;
}

/* Three who put back what they took by mistake could put back each other's: who
   expects something exchanges alone. */
static void
who_expects_something_is_alone(void **state)
{
    (void)state;
    put(path_a, "0");
    memset(&exchanges, 0, sizeof exchanges);
    assert_true(count_one());
    assert_int_equal(exchanges.n, 1);
    assert_int_equal(exchanges.n_unlocked, 0);
    assert_content(path_a, "1");
}

static void
many_writers_lose_nothing(void **state)
{
    (void)state;
    enum {
        N_WRITERS = 6,
        N_TIMES = 60
    };
    put(path_a, "0");
    pid_t children[N_WRITERS];
    for (size_t i = 0; i < N_WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int k = 0; k < N_TIMES; k += count_one()) {
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < N_WRITERS; i++) {
        int how = 0;
        assert_int_equal(waitpid(children[i], &how, 0), children[i]);
        assert_int_equal(how, 0);
    }
    char text[16] = "";
    int fd = open(path_a, O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    (void)close(fd);
    assert_int_equal(atoi(text), N_WRITERS * N_TIMES);
}

static void
impossible_targets_are_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    assert_fails(fovea_atomic_file_open("/nowhere/x", &file, &error), &error,
            FOVEA_ERR_FILE_NOT_FOUND, "no directory /nowhere/");
    assert_fails(fovea_atomic_file_open("/tmp/", &file, &error), &error,
            FOVEA_ERR_ARGUMENT, "/tmp/");
    assert_fails(fovea_atomic_file_open("", &file, &error), &error,
            FOVEA_ERR_ARGUMENT, "not the name");
    assert_fails(fovea_atomic_file_open("..", &file, &error), &error,
            FOVEA_ERR_ARGUMENT, "not the name");
    assert_fails(fovea_atomic_file_open(directory, &file, &error), &error,
            FOVEA_ERR_NOT_A_FILE, directory);
    assert_fails(fovea_atomic_file_open("/dev/null", &file, &error), &error,
            FOVEA_ERR_NOT_A_FILE, "/dev/null");
    assert_int_equal(file.fd, -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_file_appears_at_commit, forget),
        cmocka_unit_test_teardown(a_file_replaces_an_old_one, forget),
        cmocka_unit_test_teardown(
                a_named_file_does_where_nameless_ones_are_unknown, forget),
        cmocka_unit_test_teardown(nothing_stays_of_an_abandoned_file, forget),
        cmocka_unit_test_teardown(without_exchange_a_rename_replaces, forget),
        cmocka_unit_test_teardown(a_pair_is_taken_back_whatever_fails, forget),
        cmocka_unit_test_teardown(a_pair_commits, forget),
        cmocka_unit_test_teardown(taking_back_without_exchange_leaves_no_half,
                forget),
        cmocka_unit_test_teardown(a_full_disk_is_an_error, forget),
        cmocka_unit_test_teardown(only_what_was_looked_at_is_replaced, forget),
        cmocka_unit_test_teardown(what_was_refused_may_be_committed_again,
                forget),
        cmocka_unit_test_teardown(who_expects_something_is_alone, forget),
        cmocka_unit_test_teardown(many_writers_lose_nothing, forget),
        cmocka_unit_test_teardown(impossible_targets_are_refused, forget),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
