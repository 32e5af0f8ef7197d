/*
 * Replay: run the target on every file of the directories, and on every file,
 * that are named on the command line. What fuzzing once found stays found,
 * with any compiler and without libFuzzer.
 *
 * Fails if there was nothing to run: an empty corpus tests nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "fuzz.h"
#include "sys/input.h"

static int
fail(const char *path, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", path, why);
    return -1;
}

/* A copy of exactly the file's size, so that ASan sees a byte too far. */
static int
replay_file(const char *path, size_t *n_runs)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (fovea_input_open_file(path, &input, &error) ||
            fovea_input_load(&input, &bytes, &size, &error)) {
        return fail(path, error.message);
    }
    static const uint8_t nothing[1];
    (void)LLVMFuzzerTestOneInput(bytes ? bytes : nothing, size);
    (*n_runs)++;
    return 0;
}

static int
replay_directory(DIR *directory, const char *path, size_t *n_runs)
{
    for (;;) {
        errno = 0;
        /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            return errno ? fail(path, "cannot be read") : 0;
        }
        if (entry->d_name[0] == '.') {
            continue;
        }
        FOVEA_AUTO_FREE char *file = NULL;
        if (asprintf(&file, "%s/%s", path, entry->d_name) < 0) {
            file = NULL;
            return fail(path, "no memory");
        }
        if (replay_file(file, n_runs)) {
            return -1;
        }
    }
}

static int
replay(const char *path, size_t *n_runs)
{
    DIR *directory = opendir(path);
    if (!directory) {
        return replay_file(path, n_runs);
    }
    int result = replay_directory(directory, path, n_runs);
    (void)closedir(directory);
    return result;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t n_runs = 0;
        if (replay(argv[i], &n_runs)) {
            return 1;
        }
        if (n_runs == 0) {
            (void)fail(argv[i], "there is no file to replay");
            return 1;
        }
    }
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s FILE|DIRECTORY...\n", argv[0]);
        return 1;
    }
    return 0;
}
