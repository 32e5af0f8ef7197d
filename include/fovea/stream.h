/*
 * A stream: items in, results out, without callbacks.
 *
 *     struct fovea_stream *stream = NULL;
 *     const struct fovea_stream_result *result;
 *
 *     fovea_stream_open(model, NULL, &stream, &error);
 *     for (uint64_t i = 0; i < n; i++) {
 *         while (fovea_stream_put(stream, &items[i], i, &error) ==
 *                 FOVEA_ERR_BUSY) {
 *             take what there is, after waiting for it
 *         }
 *     }
 *     take the rest, until the state is FOVEA_STREAM_ALL_TAKEN
 *     fovea_stream_close(stream);
 *
 * A stream holds a bounded number of items (its window). One more is refused
 * with FOVEA_ERR_BUSY: take a result, then put it again. Whatever comes of an
 * item that was put is a result, also that its file is not there or that its
 * base64 is malformed.
 *
 * Waiting is done on fovea_stream_fd(), with whatever else a program waits for,
 * or in fovea_stream_wait().
 *
 * Threads: any number may put at once, while one takes and waits. Opening and
 * closing must not overlap with other calls on the same stream; none of them
 * may come from a callback of the library. Streams of one model share its
 * workers and know nothing of each other.
 *
 * After a fork the child's copy of a stream answers FOVEA_ERR_FORKED; closing
 * it there ends nothing of the parent's.
 */
#ifndef FOVEA_STREAM_H
#define FOVEA_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/facts.h"
#include "fovea/input.h"
#include "fovea/model.h"
#include "fovea/sized.h"
#include "fovea/status.h"
#include "fovea/timings.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea_stream;

/** What is done with the items of a stream. */
enum fovea_stream_work {
    FOVEA_STREAM_EMBED,
    FOVEA_STREAM_PREPROCESS, /* as fovea_preprocess_batch() */
    FOVEA_STREAM_THUMBNAIL,  /* as fovea_thumbnail() */
};

/** Settings of a stream. A member that is zero, or a NULL pointer to all:
 *  defaults. It grows at its end (sized.h). */
struct fovea_stream_options {
    size_t struct_size; /* by FOVEA_STREAM_OPTIONS_INIT, or sizeof */
    enum fovea_stream_work work;
    unsigned flags;      /* of the embedding calls; of FOVEA_STREAM_EMBED */
    bool ordered;        /* results come in the order of their items; else as
                            they get ready */
    size_t window;       /* most items that are put and not taken; 0:
                            fovea_model_window(); at most FOVEA_MAX_QUEUE */
    int64_t deadline_ns; /* of each item, from its put; 0: as in struct
                            fovea_options */
};

#define FOVEA_STREAM_OPTIONS_INIT FOVEA_SIZED_INIT(struct fovea_stream_options)

/** What fovea_stream_take() came to. */
enum fovea_stream_state {
    FOVEA_STREAM_RESULT,    /* a result */
    FOVEA_STREAM_NONE_YET,  /* none can be taken, and some will come */
    FOVEA_STREAM_ALL_TAKEN, /* nothing that was put is left */
};

/** What came of an item. The library's; it grows at its end (sized.h). Unless
 *  state is FOVEA_STREAM_RESULT all the rest is zero. */
struct fovea_stream_result {
    enum fovea_stream_state state;
    uint64_t tag;             /* as it was put */
    struct fovea_error error; /* code FOVEA_OK and the notes about the item, or
                                 what was wrong with it */
    union {                   /* NULL on failure */
        const void *value;
        const float *embedding; /* EMBED: [embedding_dimension] */
        const uint8_t *pixels;  /* PREPROCESS: [image_height_px]
                                    [image_width_px][3] */
        const uint8_t *jpeg;    /* THUMBNAIL: [row_bytes] */
    };
    size_t row_bytes; /* of what that points to */
    const struct fovea_timings *timings;
    const struct fovea_image_facts *facts; /* NULL on failure, and of texts */
};

/**
 * How many items of one caller keep all workers of a model busy: one share in
 * their hands and one in the queue, and never more than the queue holds. More
 * are no faster. It follows from the options of the library. 0 of NULL.
 *
 * Threads: safe. Since: 0.1
 */
FOVEA_API size_t fovea_model_window(const struct fovea_model *model);

/**
 * Open a stream. Starts no worker.
 *
 * @param model       Borrowed; closing it before the stream is fine, closing
 *                    its library is not.
 * @param options     Borrowed for the call; NULL for defaults.
 * @param stream_out  Owned by the caller; end it with fovea_stream_close().
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if an option is out of range;
 *         FOVEA_ERR_NO_MEMORY for the results of a whole window; FOVEA_ERR_IO
 *         if no descriptor is to be had; FOVEA_ERR_FORKED.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_stream_open(
        struct fovea_model *model, const struct fovea_stream_options *options,
        struct fovea_stream **stream_out, struct fovea_error *err);

/**
 * Put an item into a stream. Does not wait for it.
 *
 * Items of streams come after single ones (fovea_submit()). Where others have
 * filled the queue, a stream of which nothing is under way has an item taken
 * all the same, so that every stream goes on.
 *
 * @param item  Its data is copied or opened before the call returns.
 * @param tag   The caller's: a number, or a pointer as uintptr_t. Need not be
 *              unique.
 * @return FOVEA_OK: there will be a result with this tag, exactly one.
 *         FOVEA_ERR_BUSY: nothing happened. The window is full, or the queue is
 *         and items of this stream are under way; put it again after a result
 *         was taken. FOVEA_ERR_ARGUMENT if a pointer is NULL; FOVEA_ERR_FORKED.
 * Threads: any number at once. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_stream_put(
        struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag, struct fovea_error *err);

/**
 * Take a result, if one can be taken. Never waits.
 *
 * @param result_out  The stream's: it lives until the next take, or the close.
 *                    Its room is free again at once, for another item. Look at
 *                    its state first.
 * @return FOVEA_OK, whatever the state; FOVEA_ERR_ARGUMENT; FOVEA_ERR_FORKED.
 * Threads: one at a time. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_stream_take(
        struct fovea_stream *stream,
        const struct fovea_stream_result **result_out, struct fovea_error *err);

/**
 * A descriptor that polls readable exactly while fovea_stream_take() has a
 * result. For poll(), epoll and event loops, level-triggered; never read from
 * it, nor close it. It is not readable for FOVEA_STREAM_ALL_TAKEN: whoever has
 * nothing left to put counts, or takes until then.
 *
 * @return The descriptor, close-on-exec; the stream's, as long as that lives.
 *         -1 of NULL.
 * Threads: safe. Since: 0.1
 */
FOVEA_API int fovea_stream_fd(const struct fovea_stream *stream);

/**
 * Wait until a result can be taken, or nothing is left to wait for.
 *
 * @param timeout_ns  How long at most; 0 looks and does not wait; FOVEA_NEVER.
 * @return FOVEA_OK: fovea_stream_take() has a result, or says that all are
 *         taken. FOVEA_ERR_DEADLINE if there was none in that time;
 *         FOVEA_ERR_ARGUMENT; FOVEA_ERR_FORKED.
 * Threads: as fovea_stream_take(). Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_stream_wait(
        struct fovea_stream *stream, int64_t timeout_ns,
        struct fovea_error *err);

/** Ask for the end of all items that are under way: those that are not done are
 *  answered with FOVEA_ERR_CANCELLED, soon, and taken like any other. What is
 *  put later is not concerned. Threads: safe. Since: 0.1 */
FOVEA_API void fovea_stream_cancel(struct fovea_stream *stream);

/** Cancel what is under way, wait until all of that has ended, and drop results
 *  that were not taken. NULL is fine. Since: 0.1 */
FOVEA_API void fovea_stream_close(struct fovea_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
