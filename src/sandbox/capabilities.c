/*
 * Capabilities: a worker that root started needs none of them once its model is
 * loaded. They belong to a thread each, so they are given up while there is one
 * thread, and the seal looks whether all of them are without.
 */
#include "sandbox/capabilities.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/proc_file.h"
#include "sandbox/sandbox.h"

/* Whether /proc/.../status says that a thread has none that it could use or
   hand on. The bounding set gives nothing. */
static bool
has_none(const char *status)
{
    /* Not every kernel, or what stands in for one, has the others. */
    static const struct {
        const char *name;
        bool is_everywhere;
    } lines[] = {
        { "\nCapPrm:\t", true },
        { "\nCapEff:\t", true },
        { "\nCapInh:\t", false },
        { "\nCapAmb:\t", false },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lines); i++) {
        const char *at = strstr(status, lines[i].name);
        if (!at && lines[i].is_everywhere) {
            return false;
        }
        at = at ? at + strlen(lines[i].name) : "\n";
        if (at[strspn(at, "0")] != '\n') {
            return false;
        }
    }
    return true;
}

static bool
thread_has_none(const char *path)
{
    FOVEA_AUTO_FREE char *status = fovea_sandbox_read_file(path);
    return status && has_none(status);
}

void
fovea_sandbox_drop_capabilities(void)
{
    /* Without CAP_SETPCAP the bounding set stays as it is; what it bounds is
       nothing once no-new-privs is set. */
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) {
            break;
        }
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    /* Whoever has none need not ask, which a filter from outside may punish. */
    if (!thread_has_none("/proc/thread-self/status")) {
        struct __user_cap_header_struct header = {
            .version = _LINUX_CAPABILITY_VERSION_3
        };
        const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
            0
        };
        (void)syscall(SYS_capset, &header, none);
    }
}

FOVEA_DEFINE_AUTO(DIR *, closedir);

enum fovea_status
fovea_sandbox_check_capabilities(struct fovea_error *err)
{
    FOVEA_AUTO(closedir_auto) DIR *tasks = opendir("/proc/self/task");
    bool is_clean = tasks != NULL;
    const struct dirent *entry = NULL;
    /* Nobody else reads this directory. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (is_clean && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/self/task/%.16s/status",
                entry->d_name);
        is_clean = thread_has_none(path);
    }
    return is_clean ? FOVEA_OK
                    : fovea_fail(err, FOVEA_ERR_SANDBOX,
                              "cannot seal this process: a thread of it has "
                              "capabilities, or it cannot be seen");
}
