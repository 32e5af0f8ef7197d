/* See index_place.h. */
#include "cli/index_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"

static const char index_name[] = ".fovea";

static enum fovea_status
fail_path(const char *path, int error, struct fovea_error *err)
{
    return fovea_fail_errno(err,
            error == EACCES || error == EPERM ? FOVEA_ERR_FILE_DENIED
                    : error == ENOMEM         ? FOVEA_ERR_NO_MEMORY
                                              : FOVEA_ERR_IO,
            error, "%s", path);
}

/* The whole path of a name in a folder. */
static char *
join(const char *folder, const char *name)
{
    char *joined = NULL;
    const char *slash = strcmp(folder, "/") == 0 ? "" : "/";
    return asprintf(&joined, "%s%s%s", folder, slash, name) < 0 ? NULL : joined;
}

enum fovea_status
fovea_whole_path(const char *path, char **whole_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *above = strdup(path);
    if (!above) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    size_t size = strlen(above);
    while (size > 1 && above[size - 1] == '/') {
        above[--size] = '\0';
    }
    /* What is there of it, and what is not behind that. */
    for (;;) {
        char *whole = realpath(*above ? above : ".", NULL);
        const char *rest = path + strlen(above);
        rest += *rest == '/';
        if (whole && (strlen(above) == size || !*rest)) {
            *whole_out = whole;
            return FOVEA_OK;
        }
        if (whole) {
            FOVEA_AUTO_FREE char *tail =
                    strndup(rest, size - (size_t)(rest - path));
            *whole_out = tail ? join(whole, tail) : NULL;
            free(whole);
            return *whole_out ? FOVEA_OK
                              : fovea_fail_memory(err, size, "a path");
        }
        if (errno != ENOENT && errno != ENOTDIR) {
            return fail_path(path, errno, err);
        }
        char *slash = strrchr(above, '/');
        if (!slash) {
            above[0] = '\0';
        } else {
            slash[slash == above] = '\0';
        }
    }
}

char *
fovea_index_in(const char *folder)
{
    return join(folder, index_name);
}

static const char *
variable(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
    return value && *value ? value : NULL;
}

/* Make the folders above a path that are not there, for the user alone. */
static enum fovea_status
make_above(char *path, struct fovea_error *err)
{
    for (char *slash = strchr(path + 1, '/'); slash;
            slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, S_IRWXU);
        int error = errno;
        if (failed && error != EEXIST) {
            return fail_path(path, error, err);
        }
        *slash = '/';
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_central_index(char **path_out, struct fovea_error *err)
{
    static const char *const places[][2] = {
        { "FOVEA_HOME", "index" },
        { "XDG_DATA_HOME", "fovea/index" },
        { "HOME", ".local/share/fovea/index" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        const char *value = variable(places[i][0]);
        if (!value) {
            continue;
        }
        FOVEA_AUTO_FREE char *path = join(value, places[i][1]);
        if (!path) {
            return fovea_fail_memory(err, strlen(value), "a path");
        }
        enum fovea_status status = make_above(path, err);
        if (!status) {
            *path_out = FOVEA_TAKE(path);
        }
        return status;
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "--central: none of FOVEA_HOME, XDG_DATA_HOME and HOME says where "
            "the user's data are");
}
