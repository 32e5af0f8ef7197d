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
#include "sys/program.h"

enum {
    NUMBER_SIZE = 24,
    LINE_SIZE = 512,
    N_FIGURES_OF_IMAGES = 13,
    N_FIGURES_OF_TEXTS = 11,
};

FOVEA_DEFINE_AUTO(FILE *, fclose);

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

/* What the benchmark program writes are plain numbers, in range: sscanf does. */
/* NOLINTBEGIN(cert-err34-c) */
static bool
take_number(struct fovea_bench_figures *figures, const char *name,
        const char *value)
{
    const struct {
        const char *name;
        double *place;
    } rows[] = {
        { "decode_ms", &figures->decode_ms },
        { "resize_ms", &figures->resize_ms },
        { "forward_ms", &figures->forward_ms },
        { "forward_single_ms", &figures->forward_single_ms },
        { "attention_ms", &figures->attention_ms },
        { "attention_share", &figures->attention_share },
        { "matmul_ms", &figures->matmul_ms },
        { "over_matmul", &figures->over_matmul },
        { "end_to_end_ms", &figures->end_to_end_ms },
        { "read_ms", &figures->read_ms },
        { "text_ms", &figures->text_ms },
        { "text_matmul_ms", &figures->text_matmul_ms },
        { "text_over", &figures->text_over },
        { "batch_ms", &figures->batch_ms },
        { "batch_matmul_ms", &figures->batch_matmul_ms },
        { "batch_over", &figures->batch_over },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return sscanf(value, "%lf", rows[i].place) == 1;
        }
    }
    return false;
}

static bool
take_count(struct fovea_bench_figures *figures, const char *name,
        const char *value)
{
    const struct {
        const char *name;
        uint64_t *place;
    } rows[] = {
        { "weights_bytes", &figures->weights_bytes },
        { "n_tokens", &figures->n_tokens },
        { "jpeg_bytes", &figures->jpeg_bytes },
        { "read_bytes", &figures->read_bytes },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return sscanf(value, "%" SCNu64, rows[i].place) == 1;
        }
    }
    return false;
}

/* "name value"; false for what is no figure. */
static bool
take_line(struct fovea_bench_figures *figures, char *line)
{
    char *value = strchr(line, ' ');
    if (!value) {
        return false;
    }
    *value++ = '\0';
    if (strcmp(line, "dtype") == 0) {
        int n = snprintf(figures->dtype, sizeof figures->dtype, "%s", value);
        return n > 0 && (size_t)n < sizeof figures->dtype;
    }
    return take_count(figures, line, value) ||
            take_number(figures, line, value);
}

/* "failed STATUS MESSAGE". */
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
read_figures(FILE *file, size_t n_expected, struct fovea_bench_figures *figures,
        struct fovea_error *err)
{
    char line[LINE_SIZE];
    size_t n = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "failed ", 7) == 0) {
            return take_failure(line, err);
        }
        n += take_line(figures, line);
    }
    return n == n_expected
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_WORKER_START,
                      "the benchmark program ended before it had "
                      "measured everything");
}

static enum fovea_status
run(const char *program, char *const *words, size_t n_expected,
        struct fovea_bench_figures *figures, struct fovea_error *err)
{
    FOVEA_AUTO(fclose_auto) FILE *file = NULL;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "cannot make a pipe");
    }
    pid_t pid = 0;
    int error = start(program, words, ends[1], &pid);
    (void)close(ends[1]);
    file = fdopen(ends[0], "r");
    if (!file) {
        (void)close(ends[0]);
    }
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_WORKER_START, error,
                "cannot run the benchmark program %s", program);
    }
    enum fovea_status status = file
            ? read_figures(file, n_expected, figures, err)
            : fovea_fail_memory(err, LINE_SIZE, "the figures");
    (void)waitpid(pid, NULL, 0);
    return status;
}

enum fovea_status
fovea_bench_measure(const struct fovea_bench_request *request,
        struct fovea_bench_figures *figures_out, struct fovea_error *err)
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
    struct fovea_bench_figures figures = { .jpeg_bytes = 0 };
    status = run(program, words,
            request->is_text ? N_FIGURES_OF_TEXTS : N_FIGURES_OF_IMAGES,
            &figures, err);
    if (!status) {
        *figures_out = figures;
    }
    return status;
}
