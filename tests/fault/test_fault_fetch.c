/* Fetching a URL while the file in memory cannot be made, written, sealed. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

static struct server *server;
static atomic_int creates_left; /* until one fails; 0: none does */
static atomic_int writes_left;
static atomic_int seals_left;

int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, int seals);

static bool
springs(atomic_int *left)
{
    return atomic_load(left) > 0 && atomic_fetch_sub(left, 1) == 1;
}

int
__wrap_memfd_create(const char *name, unsigned flags)
{
    if (springs(&creates_left)) {
        errno = EMFILE;
        return -1;
    }
    return __real_memfd_create(name, flags);
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t size)
{
    if (springs(&writes_left)) {
        errno = ENOSPC;
        return -1;
    }
    return __real_write(fd, bytes, size);
}

int
__wrap_fcntl64(int fd, int command, int seals)
{
    if (springs(&seals_left)) {
        errno = EPERM;
        return -1;
    }
    return __real_fcntl64(fd, command, seals);
}

static void
check(enum fovea_status code, const char *part)
{
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    char url[URL_SIZE];
    assert_fails(fetch_one(&settings,
                         url_of(server_port(server), "/bytes/500000", url),
                         &fetched),
            &fetched.result, code, part);
    fetched_finish(&fetched);
}

static void
a_file_that_cannot_be_made_fails_one_fetch(void **state)
{
    (void)state;
    atomic_store(&creates_left, 1);
    check(FOVEA_ERR_IO, "cannot make a file in memory");
}

static void
no_room_fails_one_fetch(void **state)
{
    (void)state;
    for (int k = 1; k <= 3; k++) {
        atomic_store(&writes_left, k);
        check(FOVEA_ERR_NO_MEMORY, "to a file in memory");
    }
}

static void
a_seal_that_fails_fails_one_fetch(void **state)
{
    (void)state;
    atomic_store(&seals_left, 1);
    check(FOVEA_ERR_IO, "cannot seal");
}

SERVER_FIXTURE(server)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_be_made_fails_one_fetch),
        cmocka_unit_test(no_room_fails_one_fetch),
        cmocka_unit_test(a_seal_that_fails_fails_one_fetch),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
