/*
 * Sealing a process: see sandbox.h.
 *
 * The filter is built first, since that takes memory and may fail; then
 * generated code is frozen, then come the limits, and last the filter is loaded,
 * for all threads at once. Nothing is to be undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/capabilities.h"
#include "sandbox/code.h"
#include "sandbox/memory_bound.h"
#include "sandbox/rules.h"
#include "sandbox/sandbox.h"

FOVEA_DEFINE_AUTO(scmp_filter_ctx, seccomp_release);

static int
set_attributes(scmp_filter_ctx filter)
{
    static const struct {
        enum scmp_filter_attr attribute;
        uint32_t value;
    } attributes[] = {
        { SCMP_FLTATR_ACT_BADARCH, FOVEA_SANDBOX_DEFAULT },
        { SCMP_FLTATR_CTL_TSYNC, 1 },
        { SCMP_FLTATR_CTL_NNP, 0 },      /* is set before */
        { SCMP_FLTATR_API_SYSRAWRC, 1 }, /* the kernel's own errno */
        { SCMP_FLTATR_CTL_OPTIMIZE, 2 }, /* a tree, not a list */
        /* No mitigation of speculative stores: it would cost every memory
           access, and a worker runs nobody's code. */
        { SCMP_FLTATR_CTL_SSB, 1 },
    };
    int error = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(attributes) && !error; i++) {
        error = seccomp_attr_set(filter, attributes[i].attribute,
                attributes[i].value);
    }
    return error;
}

static enum fovea_status
build_filter(const struct fovea_sandbox_profile *profile,
        scmp_filter_ctx *filter_out, struct fovea_error *err)
{
    FOVEA_AUTO(seccomp_release_auto)
    scmp_filter_ctx filter = seccomp_init(FOVEA_SANDBOX_DEFAULT);
    if (!filter) {
        return fovea_fail(err, FOVEA_ERR_SANDBOX,
                "cannot seal this process: no system call filter can be made");
    }
    int error = set_attributes(filter);
    if (!error) {
        error = fovea_sandbox_add_rules(filter, profile);
    }
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, -error,
                "cannot seal this process: the system call filter cannot be "
                "made");
    }
    *filter_out = FOVEA_TAKE(filter);
    return FOVEA_OK;
}

/* Soft and hard alike; a limit that is tighter already stays. */
static enum fovea_status
set_limit(int resource, const char *name, uint64_t value,
        struct fovea_error *err)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
        rlim_t wanted = value < limit.rlim_max ? value : limit.rlim_max;
        limit = (struct rlimit){ .rlim_cur = wanted, .rlim_max = wanted };
        if (setrlimit((__rlimit_resource_t)resource, &limit) == 0) {
            return FOVEA_OK;
        }
    }
    return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, errno,
            "cannot seal this process: %s cannot be set to %" PRIu64, name,
            value);
}

static enum fovea_status
set_limits(const struct fovea_sandbox_profile *profile, struct fovea_error *err)
{
    const struct {
        int resource;
        const char *name;
        uint64_t value;
    } limits[] = {
        { RLIMIT_CORE, "RLIMIT_CORE", 0 }, /* images are private */
        { RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK", 0 },
        { RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", 0 },
        { RLIMIT_NOFILE, "RLIMIT_NOFILE", profile->max_files },
        { RLIMIT_FSIZE, "RLIMIT_FSIZE", profile->max_file_bytes },
    };
    enum fovea_status status = fovea_sandbox_bound_memory(profile, err);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(limits) && !status; i++) {
        status = set_limit(limits[i].resource, limits[i].name, limits[i].value,
                err);
    }
    return status;
}

/* Writing past RLIMIT_FSIZE shall fail, not kill. */
static enum fovea_status
ignore_file_size_signal(struct fovea_error *err)
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGXFSZ, &action, NULL)) {
        return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, errno,
                "cannot seal this process: SIGXFSZ cannot be ignored");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_sandbox_seal(const struct fovea_sandbox_profile *profile,
        struct fovea_error *err)
{
    FOVEA_ASSERT(profile->channel_fd >= 0);
    FOVEA_AUTO(seccomp_release_auto) scmp_filter_ctx filter = NULL;
    enum fovea_status status = build_filter(profile, &filter, err);
    if (!status) {
        fovea_sandbox_drop_capabilities();
        status = fovea_sandbox_check_capabilities(err);
    }
    if (!status) {
        status = fovea_sandbox_freeze_code(err);
    }
    if (!status) {
        status = ignore_file_size_signal(err);
    }
    if (!status) {
        status = set_limits(profile, err);
    }
    if (status) {
        return status;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, errno,
                "cannot seal this process: no-new-privs cannot be set");
    }
    int error = seccomp_load(filter);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_SANDBOX, -error,
                "cannot seal this process: the kernel refuses the system call "
                "filter");
    }
    return FOVEA_OK;
}
