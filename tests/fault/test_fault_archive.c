/*
 * An archive when memory runs out: every allocation of the host's half in turn, with
 * the real unpacker. What a member lacks is its problem, what the archive lacks is the
 * archive's; nothing is left behind.
 */
#include <poll.h>
#include <unistd.h>

#include "archive/archive.h"
#include "support/fault.h"
#include "support/test.h"

enum {
    BLOCK = 512
};

static char path[] = "/tmp/fovea-fault-archive-XXXXXX.tar";

/* Two members: a picture, and one that is none. */
static int
make_file(void **state)
{
    (void)state;
    static uint8_t tar[6 * BLOCK];
    static const char *const names[] = { "a.png", "b.txt" };
    for (size_t i = 0; i < 2; i++) {
        uint8_t *header = tar + i * 2 * (size_t)BLOCK;
        unsigned sum = 0;
        (void)snprintf((char *)header, 100, "%s", names[i]);
        (void)snprintf((char *)header + 124, 12, "%011o", BLOCK);
        memset(header + 148, ' ', 8);
        header[156] = '0';
        memcpy(header + 257, "ustar\00000", 8);
        for (size_t at = 0; at < BLOCK; at++) {
            sum += header[at];
        }
        (void)snprintf((char *)header + 148, 8, "%06o", sum);
    }
    memcpy(tar + BLOCK, "\x89PNG\r\n\x1a\n", 8);
    int fd = mkstemps(path, 4);
    return fd < 0 || write(fd, tar, sizeof tar) != sizeof tar || close(fd);
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static enum fovea_status
read_all(const void *context, struct fovea_error *err)
{
    const struct fovea_archive_settings settings = { .name = path };
    struct fovea_archive *archive = NULL;
    (void)context;
    enum fovea_status status = fovea_archive_open(&settings, &archive, err);
    enum fovea_archive_step step =
            status ? FOVEA_ARCHIVE_END : FOVEA_ARCHIVE_WAIT;
    size_t n = 0;
    while (step != FOVEA_ARCHIVE_END) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_archive_next(archive, &member);
        if (step == FOVEA_ARCHIVE_WAIT) {
            struct pollfd more = { .fd = fovea_archive_wait_fd(archive),
                .events = POLLIN };
            (void)poll(&more, 1, -1);
        } else if (step == FOVEA_ARCHIVE_MEMBER) {
            n++;
            if (member.problem.code &&
                    member.problem.code != FOVEA_ERR_NOT_AN_IMAGE) {
                status = member.problem.code;
                *err = member.problem;
            }
        }
        fovea_archive_member_finish(&member);
    }
    fovea_archive_close(archive);
    assert_true(status || n == 2);
    return status;
}

static bool
visit(void *context, uint64_t number, uint64_t offset, struct fovea_error *err)
{
    (void)context;
    (void)number;
    (void)offset;
    (void)err;
    return true;
}

static enum fovea_status
count_all(const void *context, struct fovea_error *err)
{
    const struct fovea_archive_settings settings = { .name = path };
    struct fovea_archive_counted counted;
    (void)context;
    enum fovea_status status =
            fovea_archive_count(&settings, visit, NULL, &counted, err);
    assert_true(status || counted.n_members == 2);
    return status;
}

static void
every_allocation_may_fail(void **state)
{
    (void)state;
    /* posix_spawn's own, which say so as an error of the start. */
    const struct fault_rules rules = { .own_only = true,
        .also = FOVEA_ERR_WORKER_START };
    assert_true(fault_each_allocation(read_all, NULL, rules) > 5);
    assert_true(fault_each_allocation(count_all, NULL, rules) > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
