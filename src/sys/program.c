/* See program.h. */
#include "sys/program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sys/folders.h"

struct program {
    const char *name;
    const char *variable; /* of the environment */
    const char *what;     /* in messages */
};

static const struct program programs[] = {
    [FOVEA_PROGRAM_WORKER] = { "fovea-worker", "FOVEA_WORKER",
            "worker program" },
    [FOVEA_PROGRAM_UNPACKER] = { "fovea-unpacker", "FOVEA_UNPACKER",
            "program for archives" },
    [FOVEA_PROGRAM_BENCH] = { "fovea-bench-engine", "FOVEA_BENCH_ENGINE",
            "benchmark program" },
};

/* A search: what for, and where it was in vain. */
struct search {
    const char *name;
    char tried[FOVEA_ERROR_MESSAGE_SIZE];
};

/* FOVEA_LIBEXEC_DIRECTORY comes from the build: <libexecdir>/fovea. */

/* Takes the candidate if it can be run; notes it as tried if not. */
static bool
try_path(struct search *search, const char *path, char **path_out)
{
    char *real = realpath(path, NULL);
    if (real && access(real, X_OK) == 0) {
        *path_out = real;
        return true;
    }
    free(real);
    size_t used = strlen(search->tried);
    (void)snprintf(search->tried + used, sizeof search->tried - used, "%s%s",
            used ? ", " : "", path);
    return false;
}

/* The name in a folder, and in libexec/fovea beside it or beside the one above,
   where libraries stand in lib/<machine>. */
static bool
try_folder(struct search *search, const char *folder, char **path_out)
{
    static const char *const places[] = { "", "../libexec/fovea/",
        "../../libexec/fovea/" };
    char path[PATH_MAX];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        int n = snprintf(path, sizeof path, "%s/%s%s", folder, places[i],
                search->name);
        if (n > 0 && (size_t)n < sizeof path &&
                try_path(search, path, path_out)) {
            return true;
        }
    }
    return false;
}

static bool
try_own_places(struct search *search, char **path_out)
{
    FOVEA_AUTO_FREE char *program = fovea_folder_of_program();
    FOVEA_AUTO_FREE char *library = fovea_folder_of_library();
    if (program && try_folder(search, program, path_out)) {
        return true;
    }
    bool is_other = library && !(program && strcmp(library, program) == 0);
    if (is_other && try_folder(search, library, path_out)) {
        return true;
    }
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", FOVEA_LIBEXEC_DIRECTORY,
            search->name);
    return n > 0 && (size_t)n < sizeof path && try_path(search, path, path_out);
}

enum fovea_status
fovea_program_find(enum fovea_program which, const char *wish, char **path_out,
        struct fovea_error *err)
{
    const struct program *program = &programs[which];
    struct search search = { .name = program->name };
    if (!wish) {
        wish = secure_getenv(program->variable);
    }
    bool found = wish && *wish ? try_path(&search, wish, path_out)
                               : try_own_places(&search, path_out);
    if (!found) {
        return fovea_fail(err, FOVEA_ERR_WORKER_START,
                "no %s that can be run: looked for %s", program->what,
                search.tried);
    }
    return FOVEA_OK;
}
