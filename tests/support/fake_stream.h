/*
 * A stream without a library: what the pump uses of fovea/stream.h, on one
 * thread.
 *
 * What comes of an item is computed when it is put, and can be taken once
 * somebody waits for it: the descriptor is asked for. So whoever puts gets to
 * the window's bound, and whoever takes has to wait.
 */
#ifndef TESTS_SUPPORT_FAKE_STREAM_H
#define TESTS_SUPPORT_FAKE_STREAM_H

#include "fovea/stream.h"

struct fake_stream_facts {
    /* Set by the test. */
    size_t window;
    void (*work)(const struct fovea_item *item, struct fovea_error *result,
            float *row);
    /* Counted since fake_stream_reset(). */
    unsigned n_open;
    unsigned n_put;
    unsigned n_busy;
    unsigned n_taken;
};

extern struct fake_stream_facts fake_stream;

/* Rows are of one float. */
void fake_stream_reset(size_t window,
        void (*work)(const struct fovea_item *item, struct fovea_error *result,
                float *row));

#endif
