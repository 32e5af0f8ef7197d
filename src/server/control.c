/* See control.h. */
#include "server/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* False if it is too long. */
static bool
join(char out[FOVEA_CONTROL_PATH_SIZE], const char *folder, const char *name)
{
    int size = snprintf(out, FOVEA_CONTROL_PATH_SIZE, "%s%s", folder, name);
    return size > 0 && size < FOVEA_CONTROL_PATH_SIZE;
}

size_t
fovea_control_folders(
        char folders_out[FOVEA_CONTROL_FOLDERS][FOVEA_CONTROL_PATH_SIZE])
{
    /* Nothing changes the environment. NOLINTNEXTLINE(concurrency-*) */
    const char *service = getenv("RUNTIME_DIRECTORY");
    const char *user = getenv("XDG_RUNTIME_DIR"); /* NOLINT(concurrency-*) */
    char own[32];
    size_t n = 0;
    (void)snprintf(own, sizeof own, "-%u", (unsigned)getuid());
    if (service && service[0] == '/' && !strchr(service, ':')) {
        n += join(folders_out[n], service, "");
    } else if (user && user[0] == '/') {
        n += join(folders_out[n], user, "/fovea");
    }
    n += join(folders_out[n], "/tmp/fovea", own);
    n += join(folders_out[n], "/run/fovea", "");
    return n;
}

/* Whether it is a folder that only this user can enter. */
static bool
is_ours(const char *folder)
{
    struct stat facts;
    return lstat(folder, &facts) == 0 && S_ISDIR(facts.st_mode) &&
            facts.st_uid == geteuid() &&
            (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

enum fovea_status
fovea_control_path(char path_out[FOVEA_CONTROL_PATH_SIZE],
        struct fovea_error *err)
{
    char folders[FOVEA_CONTROL_FOLDERS][FOVEA_CONTROL_PATH_SIZE];
    char name[32];
    (void)fovea_control_folders(folders);
    if (mkdir(folders[0], S_IRWXU) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the folder %s cannot be made", folders[0]);
    }
    if (!is_ours(folders[0])) {
        return fovea_fail(err, FOVEA_ERR_IO,
                "%s is not a folder that only this user can enter", folders[0]);
    }
    (void)snprintf(name, sizeof name, "/%d.sock", (int)getpid());
    if (!join(path_out, folders[0], name)) {
        return fovea_fail(err, FOVEA_ERR_IO, "the path of %s is too long",
                folders[0]);
    }
    return FOVEA_OK;
}
