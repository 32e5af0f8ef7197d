/* Room for a Unix socket: only a socket that nobody listens on is removed. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "sys/socket_file.h"

static char directory[] = "/tmp/fovea-socket-XXXXXX";
static const char path[] = "s";

static int
set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int
bind_at(const char *name, int type, bool listens)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, name, strlen(name) + 1);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(
            bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_true(!listens || listen(fd, 0) == 0);
    return fd;
}

static void
what_nobody_listens_on_goes(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(fovea_socket_make_room(path, &error), &error);
    (void)close(bind_at(path, SOCK_STREAM, true));
    assert_int_equal(access(path, F_OK), 0);
    assert_ok(fovea_socket_make_room(path, &error), &error);
    assert_int_equal(access(path, F_OK), -1);
}

static void
who_listens_keeps_its_socket(void **state)
{
    (void)state;
    struct fovea_error error;
    static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(types); i++) {
        int fd = bind_at(path, types[i], true);
        /* Also once its queue is full. */
        for (size_t k = 0; k < 4; k++) {
            assert_fails(fovea_socket_make_room(path, &error), &error,
                    FOVEA_ERR_OUTPUT_REFUSED, "listens on s already");
        }
        assert_int_equal(access(path, F_OK), 0);
        (void)close(fd);
        assert_int_equal(unlink(path), 0);
    }
}

static void
put(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "notes", 5), 5);
    (void)close(fd);
}

static void
nothing_else_is_touched(void **state)
{
    (void)state;
    struct fovea_error error;
    struct stat facts;
    put(path);
    assert_fails(fovea_socket_make_room(path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "no socket");
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, 5);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(fovea_socket_make_room(path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "no socket");
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_fails(fovea_socket_make_room(path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "no socket");
    assert_int_equal(unlink(path), 0);

    /* A link is not followed, not even to a dead socket. */
    (void)close(bind_at("dead", SOCK_STREAM, true));
    assert_int_equal(symlink("dead", path), 0);
    assert_fails(fovea_socket_make_room(path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "no socket");
    assert_int_equal(lstat(path, &facts), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink("dead"), 0);
}

static void
a_place_is_taken_from_the_dead_only(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_socket_file file;
    struct fovea_socket_file found;
    FOVEA_AUTO_FREE char *aside = fovea_socket_name_aside("./s");
    assert_non_null(aside);
    assert_int_equal(strncmp(aside, "./.", 3), 0);
    /* Nothing is there, then a dead one. */
    for (size_t i = 0; i < 2; i++) {
        int fd = bind_at(aside, SOCK_STREAM, true);
        assert_true(fovea_socket_identify(aside, &file));
        assert_ok(fovea_socket_take_place(aside, path, &error), &error);
        assert_true(fovea_socket_identify(path, &found));
        assert_int_equal(found.inode, file.inode);
        (void)close(fd);
    }
    assert_int_equal(unlink(path), 0);
    /* A living one, and a file: what has not got its place is gone. */
    int living = bind_at(path, SOCK_STREAM, true);
    (void)close(bind_at(aside, SOCK_STREAM, true));
    assert_fails(fovea_socket_take_place(aside, path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "listens on s already");
    assert_int_equal(access(aside, F_OK), -1);
    (void)close(living);
    assert_int_equal(unlink(path), 0);
    put(path);
    (void)close(bind_at(aside, SOCK_STREAM, true));
    assert_fails(fovea_socket_take_place(aside, path, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "no socket");
    assert_int_equal(access(aside, F_OK), -1);
    assert_int_equal(unlink(path), 0);
}

static void
at_the_end_only_its_own_is_removed(void **state)
{
    (void)state;
    struct fovea_socket_file file;
    int fd = bind_at(path, SOCK_STREAM, true);
    assert_true(fovea_socket_identify(path, &file));
    /* Another server's socket has taken the place. */
    assert_int_equal(rename(path, "moved"), 0);
    int other = bind_at(path, SOCK_STREAM, true);
    fovea_socket_remove(path, &file);
    assert_int_equal(access(path, F_OK), 0);
    (void)close(other);
    assert_int_equal(unlink(path), 0);
    /* A file has. */
    put(path);
    fovea_socket_remove(path, &file);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    /* Nothing has. */
    assert_int_equal(rename("moved", path), 0);
    fovea_socket_remove(path, &file);
    assert_int_equal(access(path, F_OK), -1);
    (void)close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_listens_on_goes),
        cmocka_unit_test(who_listens_keeps_its_socket),
        cmocka_unit_test(nothing_else_is_touched),
        cmocka_unit_test(a_place_is_taken_from_the_dead_only),
        cmocka_unit_test(at_the_end_only_its_own_is_removed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
