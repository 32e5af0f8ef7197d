/* A contact sheet that is shown at once: see sheet_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/sheet_file.h"

enum fovea_status
fovea_sheet_file_temporary(char **path_out, struct fovea_error *err)
{
    static const char ending[] = ".html";
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *folder = getenv("TMPDIR");
    char *path = NULL;
    folder = folder && *folder ? folder : "/tmp";
    if (asprintf(&path, "%s/fovea-XXXXXX%s", folder, ending) < 0) {
        return fovea_fail_memory(err, strlen(folder), "a path");
    }
    FOVEA_AUTO_FD int fd = mkostemps(path, sizeof ending - 1, O_CLOEXEC);
    if (fd < 0) {
        int number = errno;
        free(path);
        return fovea_fail_errno(err, FOVEA_ERR_IO, number,
                "cannot make a file in %s (TMPDIR names another folder, --html "
                "another file)",
                folder);
    }
    *path_out = path;
    return FOVEA_OK;
}

void
fovea_sheet_file_show(const char *path)
{
    static char program[] = "xdg-open";
    pid_t pid = 0;
    int status = 0;
    FOVEA_AUTO_FREE char *name = strdup(path);
    char *const words[] = { program, name, NULL };
    int number = name ? posix_spawnp(&pid, program, NULL, NULL, words, environ)
                      : ENOMEM;
    if (number) {
        fovea_cli_report("cannot run xdg-open: %s is written and not shown",
                path);
        return;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fovea_cli_report("xdg-open failed: %s is written and not shown", path);
    }
}
