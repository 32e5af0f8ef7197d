/* See bench_run.h; bench/bench.h says what is written on the pipe. */
#include "cli/bench_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/number.h"
#include "sys/program.h"

enum {
    NUMBER_SIZE = 24,
    LINE_SIZE = 512,
};

/* Start it with its standard output on the pipe. */
static int
start(const char *program, char *const *words, int output, pid_t *pid_out)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error) {
        error = posix_spawn(pid_out, program, &actions, NULL, words, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* "NAME VALUE", a number or a word in quotes: what may stand in JSON as it is. */
static bool
take_line(struct fovea_bench_figures *figures, const char *line)
{
    double number;
    const char *value = strchr(line, ' ');
    if (!value || figures->n == FOVEA_BENCH_MAX_FIGURES) {
        return false;
    }
    struct fovea_bench_figure *figure = &figures->rows[figures->n];
    const size_t name_size = (size_t)(value++ - line);
    const size_t size = strlen(value);
    const bool is_word = size >= 2 && value[0] == '"' &&
            strchr(value + 1, '"') == value + size - 1 && !strchr(value, '\\');
    if (name_size == 0 || name_size >= sizeof figure->name || size == 0 ||
            size >= sizeof figure->value ||
            (!is_word && !fovea_number_fraction(value, &number))) {
        return false;
    }
    memcpy(figure->name, line, name_size);
    figure->name[name_size] = '\0';
    memcpy(figure->value, value, size + 1);
    figures->n++;
    return true;
}

/* "failed STATUS MESSAGE": of plain numbers, in range, sscanf does. */
/* NOLINTBEGIN(cert-err34-c) */
static enum fovea_status
take_failure(const char *line, struct fovea_error *err)
{
    int code = 0;
    int at = 0;
    if (sscanf(line, "failed %d %n", &code, &at) != 1 || code == FOVEA_OK) {
        return fovea_fail(err, FOVEA_ERR_WORKER_START,
                "the benchmark program failed and did not say why");
    }
    return fovea_fail(err, (enum fovea_status)code, "%s", line + at);
}

/* NOLINTEND(cert-err34-c) */

static enum fovea_status
read_figures(FILE *file, struct fovea_bench_figures *figures,
        struct fovea_error *err)
{
    char line[LINE_SIZE];
    figures->n = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "failed ", 7) == 0) {
            return take_failure(line, err);
        }
        if (strcmp(line, "end") == 0) {
            return FOVEA_OK;
        }
        if (!take_line(figures, line)) {
            return fovea_fail(err, FOVEA_ERR_WORKER_START,
                    "the benchmark program says what makes no sense: %s", line);
        }
    }
    return fovea_fail(err, FOVEA_ERR_WORKER_START,
            "the benchmark program ended before it had measured everything");
}

static enum fovea_status
run(const char *program, char *const *words,
        struct fovea_bench_figures *figures, struct fovea_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "cannot make a pipe");
    }
    pid_t pid = 0;
    int error = start(program, words, ends[1], &pid);
    (void)close(ends[1]);
    if (error) {
        (void)close(ends[0]);
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot run the benchmark program %s", program);
    }
    FILE *file = fdopen(ends[0], "r");
    enum fovea_status status = file
            ? read_figures(file, figures, err)
            : fovea_fail_memory(err, LINE_SIZE, "the figures");
    /* Before it is waited for: it may have more to say. */
    (void)(file ? fclose(file) : close(ends[0]));
    (void)waitpid(pid, NULL, 0);
    return status;
}

enum fovea_status
fovea_bench_measure(const struct fovea_bench_request *request,
        struct fovea_bench_figures *figures, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *program = NULL;
    FOVEA_AUTO_FREE char *directory = strdup(request->directory);
    FOVEA_AUTO_FREE char *dtype = strdup(request->dtype);
    if (!directory || !dtype) {
        return fovea_fail_memory(err, strlen(request->directory),
                "the arguments");
    }
    enum fovea_status status =
            fovea_program_find(FOVEA_PROGRAM_BENCH, NULL, &program, err);
    if (status) {
        return status;
    }
    const uint64_t numbers[] = { request->n_rounds, request->batch,
        request->width_px, request->height_px };
    char texts[FOVEA_ARRAY_LEN(numbers)][NUMBER_SIZE];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(numbers); i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%" PRIu64, numbers[i]);
    }
    char *const words[] = { program, directory, dtype, texts[0],
        request->is_text ? NULL : texts[1], texts[2], texts[3], NULL };
    return run(program, words, figures, err);
}
