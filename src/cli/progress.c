/* The progress line: see progress.h. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

/* Images a second, once there is something to divide; else 0. */
static double
rate_of(const struct fovea_progress_state *state)
{
    int64_t time_ns = state->elapsed_ns - state->first_ns;
    if (state->n_first == 0 || state->n_done <= state->n_first ||
            time_ns <= 0) {
        return 0;
    }
    return (double)(state->n_done - state->n_first) * (double)FOVEA_NS_PER_S /
            (double)time_ns;
}

void
fovea_progress_time(double seconds, char *text, size_t size)
{
    uint64_t s = (uint64_t)(seconds + 0.5);
    if (s < 3600) {
        (void)snprintf(text, size, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
    } else {
        (void)snprintf(text, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
                s / 3600, s / 60 % 60, s % 60);
    }
}

void
fovea_progress_format(const struct fovea_progress_state *state, size_t width,
        char *line, size_t size)
{
    /* The number of files may grow while they are counted and embedded. */
    uint64_t n_total = state->n_total && state->n_total < state->n_done
            ? state->n_done
            : state->n_total;
    char total[24] = "";
    char rate[40] = "";
    char eta[40] = "";
    char bad[32] = "";
    char skipped[32] = "";
    if (n_total) {
        (void)snprintf(total, sizeof total, "/%" PRIu64, n_total);
    }
    double per_second = rate_of(state);
    if (per_second > 0) {
        (void)snprintf(rate, sizeof rate, "  %.*f/s", per_second < 100 ? 1 : 0,
                per_second);
        double left = (double)(n_total - state->n_done) / per_second;
        if (n_total && left < 360000) {
            char time[24];
            fovea_progress_time(left, time, sizeof time);
            (void)snprintf(eta, sizeof eta, "  ETA %s", time);
        }
    }
    if (state->n_bad) {
        (void)snprintf(bad, sizeof bad, "  %" PRIu64 " bad", state->n_bad);
    }
    if (state->n_skipped) {
        (void)snprintf(skipped, sizeof skipped, "  %" PRIu64 " skipped",
                state->n_skipped);
    }
    (void)snprintf(line, size, "%s  %" PRIu64 "%s%s%s%s%s", state->verb,
            state->n_done, total, rate, eta, bad, skipped);
    if (width > 0 && strlen(line) >= width) {
        line[width - 1] = '\0';
    }
}

void
fovea_progress_begin(struct fovea_progress *progress)
{
    /* Before any thread of ours. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *terminal = getenv("TERM");
    if (isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0)) {
        progress->fd = STDERR_FILENO;
    }
}

/* A terminal that does not take it loses nothing that matters. */
static void
put(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n <= 0) {
            return;
        }
        text += n;
        size -= (size_t)n;
    }
}

/* Columns of the terminal; 0: unknown. */
static size_t
width_of(const struct fovea_progress *progress)
{
    struct winsize window = { 0 };
    (void)ioctl(progress->fd, TIOCGWINSZ, &window);
    return window.ws_col;
}

void
fovea_progress_draw_line(struct fovea_progress *progress, const char *line)
{
    if (progress->fd < 0) {
        return;
    }
    size_t width = width_of(progress);
    char drawn[FOVEA_PROGRESS_SIZE + 8];
    int limit = width > 0 && width <= FOVEA_PROGRESS_SIZE
            ? (int)width - 1
            : FOVEA_PROGRESS_SIZE - 1;
    int size = snprintf(drawn, sizeof drawn, "\r%.*s\033[K", limit, line);
    (void)pthread_mutex_lock(&progress->mutex);
    put(progress->fd, drawn, (size_t)size);
    progress->shown = true;
    (void)pthread_mutex_unlock(&progress->mutex);
}

void
fovea_progress_draw(struct fovea_progress *progress,
        const struct fovea_progress_state *state)
{
    if (progress->fd >= 0) {
        char line[FOVEA_PROGRESS_SIZE];
        fovea_progress_format(state, width_of(progress), line, sizeof line);
        fovea_progress_draw_line(progress, line);
    }
}

void
fovea_progress_clear(struct fovea_progress *progress)
{
    (void)pthread_mutex_lock(&progress->mutex);
    if (progress->shown) {
        put(progress->fd, "\r\033[K", 4);
        progress->shown = false;
    }
    (void)pthread_mutex_unlock(&progress->mutex);
}
