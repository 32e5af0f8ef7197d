/*
 * The progress line on a terminal.
 *
 *     embedding  412/1600  38.2/s  ETA 0:31  2 bad  3 skipped
 *
 * It is one line, redrawn in place and cleared before anything else is written
 * to the same terminal. Any thread may clear it; one thread draws.
 */
#ifndef FOVEA_CLI_PROGRESS_H
#define FOVEA_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_PROGRESS_SIZE = 160 /* of a line */
};

/** How far a run is. */
struct fovea_progress_state {
    const char *verb; /* "embedding" */
    uint64_t n_done;  /* bad and skipped ones included */
    uint64_t n_bad;
    uint64_t n_skipped;
    uint64_t n_total;   /* 0: not known yet */
    int64_t elapsed_ns; /* since the start */
    /* When the first results were there (loading is not part of the rate), and
       how many they were; 0 before. */
    int64_t first_ns;
    uint64_t n_first;
};

struct fovea_progress {
    int fd; /* of the terminal; -1: nothing is ever drawn */
    bool shown;
    pthread_mutex_t mutex;
};

#define FOVEA_PROGRESS_INIT                          \
    {                                                \
        .fd = -1, .mutex = PTHREAD_MUTEX_INITIALIZER \
    }

/**
 * Write the line for a terminal of this width (0: unknown) into line; shorter
 * than width, so that the cursor stays on it.
 */
void fovea_progress_format(const struct fovea_progress_state *state,
        size_t width, char *line, size_t size);

/** Draw on descriptor 2 from now on, if it is a terminal that can. */
void fovea_progress_begin(struct fovea_progress *progress);

void fovea_progress_draw(struct fovea_progress *progress,
        const struct fovea_progress_state *state);

/** The same with a line of the caller's; what is too long is cut. */
void fovea_progress_draw_line(struct fovea_progress *progress,
        const char *line);

/** "0:07", "12:34", "2:03:04" */
void fovea_progress_time(double seconds, char *text, size_t size);

void fovea_progress_clear(struct fovea_progress *progress);

#endif
