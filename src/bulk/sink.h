/*
 * Where results go: what a kind of sink is.
 *
 * Each kind is a file, sink_*.c, and a row of sink.def. One thread at a time.
 */
#ifndef FOVEA_BULK_SINK_H
#define FOVEA_BULK_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "bulk/row_result.h"
#include "bulk/target.h"
#include "store/row_layout.h"

struct fovea_labelling;
struct fovea_ranking;

/** What a sink is opened with; borrowed for the call, but the ranking and the
 *  labelling until it is finished. */
struct fovea_sink_settings {
    struct fovea_row_layout layout;
    const char
            *pixels; /* whose (spec/pixels.h), for the lines; static, or NULL */
    const struct fovea_target *target;       /* of a kind with files */
    struct fovea_ranking *ranking;           /* of fovea_sink_ranking */
    const struct fovea_labelling *labelling; /* of fovea_sink_labels */
};

struct fovea_sink_kind {
    const struct fovea_target_form *form; /* NULL: it writes no files */
    bool takes_pixels; /* rows of any type; else only float32 vectors */
    bool is_live;      /* results are seen while they are written; else nothing
                          is to be seen before the commit */
    size_t state_size; /* of what the calls below know it by */
    /* The state is all zero. Whatever it returns, finish is called: what that
       releases is set up before anything can fail. */
    enum fovea_status (*open)(const struct fovea_sink_settings *settings,
            void *state, struct fovea_error *err);
    /* Take the next n results, in the order of the inputs. */
    enum fovea_status (*write)(void *state,
            const struct fovea_row_result *results, size_t n,
            struct fovea_error *err);
    /* Let what was taken be seen, or last, whatever comes: called after each
       batch of results. It may wait; attention_fd is readable once it is to
       stop, with FOVEA_ERR_CANCELLED if what is seen is whole. NULL: not before
       the commit. */
    enum fovea_status (*checkpoint)(void *state, int attention_fd,
            struct fovea_error *err);
    /* All results were taken. NULL: nothing is to be done. */
    enum fovea_status (*commit)(void *state, struct fovea_error *err);
    /* Release what it holds; what was not committed is dropped where nothing is
       seen yet. */
    void (*finish)(void *state);
};

/** An open one. */
struct fovea_sink {
    const struct fovea_sink_kind *kind;
    void *state;     /* of the kind */
    size_t row_size; /* bytes */
};

#define X(name) extern const struct fovea_sink_kind fovea_sink_##name;
#include "bulk/sink.def"
#undef X

#endif
