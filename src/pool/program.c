/* Where the worker program is: see program.h. */
#include "pool/program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sys/folders.h"

#define NAME "fovea-worker"

/* FOVEA_LIBEXEC_DIRECTORY comes from the build: <libexecdir>/fovea. */

/* Takes the candidate if it can be run; names it in tried if not. */
static bool
try_path(const char *path, char **path_out, char *tried, size_t tried_size)
{
    char *real = realpath(path, NULL);
    if (real && access(real, X_OK) == 0) {
        *path_out = real;
        return true;
    }
    free(real);
    size_t used = strlen(tried);
    (void)snprintf(tried + used, tried_size - used, "%s%s", used ? ", " : "",
            path);
    return false;
}

/* NAME in a folder, and in libexec/fovea beside it or beside the one above,
   where libraries stand in lib/<machine>. */
static bool
try_folder(const char *folder, char **path_out, char *tried, size_t tried_size)
{
    static const char *const places[] = { "", "../libexec/fovea/",
        "../../libexec/fovea/" };
    char path[PATH_MAX];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        int n = snprintf(path, sizeof path, "%s/%s" NAME, folder, places[i]);
        if (n > 0 && (size_t)n < sizeof path &&
                try_path(path, path_out, tried, tried_size)) {
            return true;
        }
    }
    return false;
}

static bool
try_own_places(char **path_out, char *tried, size_t tried_size)
{
    FOVEA_AUTO_FREE char *program = fovea_folder_of_program();
    FOVEA_AUTO_FREE char *library = fovea_folder_of_library();
    if (program && try_folder(program, path_out, tried, tried_size)) {
        return true;
    }
    bool is_other = library && !(program && strcmp(library, program) == 0);
    if (is_other && try_folder(library, path_out, tried, tried_size)) {
        return true;
    }
    return try_path(FOVEA_LIBEXEC_DIRECTORY "/" NAME, path_out, tried,
            tried_size);
}

enum fovea_status
fovea_worker_program_find(const char *wish, char **path_out,
        struct fovea_error *err)
{
    char tried[FOVEA_ERROR_MESSAGE_SIZE] = "";
    if (!wish) {
        wish = secure_getenv("FOVEA_WORKER");
    }
    bool found = wish && *wish ? try_path(wish, path_out, tried, sizeof tried)
                               : try_own_places(path_out, tried, sizeof tried);
    if (!found) {
        return fovea_fail(err, FOVEA_ERR_WORKER_START,
                "no worker program that can be run: looked for %s", tried);
    }
    return FOVEA_OK;
}
