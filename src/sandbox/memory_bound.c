/*
 * Memory of a process: See memory_bound.h.
 *
 * RLIMIT_DATA is the one that counts: private memory that can be written, heaps
 * and stacks of threads alike. Its soft limit follows what the host has granted,
 * so that a codec that takes more than was asked for fails, and not the machine.
 * RLIMIT_AS is wider by what is only set aside: heaps that may grow, guards.
 */
#include "sandbox/memory_bound.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/number.h"
#include "base/size.h"

/* Address space that is set aside and not used. */
#define SET_ASIDE_BYTES (UINT64_C(512) << 20)

enum {
    SPACE, /* of /proc/self/statm, in pages: all of it */
    DATA = 5,
    N_FIELDS
};

static bool
read_pages(uint64_t pages_out[N_FIELDS])
{
    FOVEA_AUTO_FD int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[160] = "";
    const char *at = text;
    size_t field = 0;
    if (fd < 0 || read(fd, text, sizeof text - 1) < 0) {
        return false;
    }
    while (field < N_FIELDS && fovea_number_scan(&at, &pages_out[field])) {
        at += *at != '\0'; /* the blank behind it */
        field++;
    }
    return field == N_FIELDS;
}

/* A limit that is tighter already stays. */
static enum fovea_status
set_limit(int resource, const char *name, uint64_t soft, uint64_t hard,
        struct fovea_error *err)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
        limit.rlim_max = fovea_least_bytes(hard, limit.rlim_max);
        limit.rlim_cur = fovea_least_bytes(soft, limit.rlim_max);
        if (setrlimit((__rlimit_resource_t)resource, &limit) == 0) {
            return FOVEA_OK;
        }
    }
    return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, errno,
            "cannot seal this process: %s cannot be set to %" PRIu64, name,
            hard);
}

enum fovea_status
fovea_sandbox_bound_memory(const struct fovea_sandbox_profile *profile,
        struct fovea_error *err)
{
    uint64_t pages[N_FIELDS] = { 0 };
    if (!read_pages(pages)) {
        return fovea_fail(err, FOVEA_ERR_SANDBOX,
                "cannot seal this process: /proc/self/statm does not say how "
                "much memory it has");
    }
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t soft = fovea_sum_bytes(pages[DATA] * page, profile->memory_bytes);
    uint64_t more =
            fovea_sum_bytes(profile->memory_bytes, profile->max_more_bytes);
    uint64_t hard = fovea_sum_bytes(pages[DATA] * page, more);
    uint64_t space = fovea_sum_bytes(pages[SPACE] * page,
            fovea_sum_bytes(more, SET_ASIDE_BYTES));
    enum fovea_status status =
            set_limit(RLIMIT_DATA, "RLIMIT_DATA", soft, hard, err);
    return status ? status
                  : set_limit(RLIMIT_AS, "RLIMIT_AS", space, space, err);
}

uint64_t
fovea_sandbox_memory(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_DATA, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

void
fovea_sandbox_set_memory(uint64_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) == 0) {
        limit.rlim_cur = fovea_least_bytes(bytes, limit.rlim_max);
        (void)setrlimit(RLIMIT_DATA, &limit); /* else the old one holds */
    }
}
