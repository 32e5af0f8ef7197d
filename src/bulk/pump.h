/*
 * From sources to a sink: inputs go into a stream of the library, what comes of
 * them comes out in the same order, and is written a batch at a time.
 *
 * Memory is that of a stream's window, of one batch, and of the bytes that inputs
 * bring along within a bound, however many inputs there are. It knows no terminal and no signals: whoever runs it shows the
 * counters and is called around each write.
 */
#ifndef FOVEA_BULK_PUMP_H
#define FOVEA_BULK_PUMP_H

#include <stdatomic.h>
#include <stdint.h>

#include "fovea/stream.h"

#include "bulk/inputs.h"
#include "bulk/row_batch.h"
#include "bulk/sink.h"

/** How far it is; any thread may read them but the last two. */
struct fovea_pump_counters {
    atomic_uint_least64_t n_done; /* bad and skipped ones included */
    atomic_uint_least64_t n_bad;
    atomic_uint_least64_t n_skipped;
    atomic_uint_least64_t n_inputs; /* 0 while more may come */
    atomic_uint_least64_t
            n_settled; /* something has come of them; they may wait
                                        to be written */
    uint64_t n_texts;  /* good ones, once it has ended */
    uint64_t n_noted[FOVEA_N_NOTES]; /* the same */
};

/** Borrowed until it has ended. */
struct fovea_pump_settings {
    struct fovea_model *model;
    enum fovea_stream_work work;
    unsigned flags; /* of the stream */
    const struct fovea_inputs_settings *inputs;
    const struct fovea_sink *sink; /* open; the caller commits it */
    uint64_t read_ahead; /* bytes that inputs own: once there are so many, no
                            other input is begun */
    size_t n_batch; /* inputs whose results are written at a time, at most */
    int stop_fd;    /* readable once it is to stop */
    struct fovea_pump_counters *counters;
    /* Before and after each write, in the pump's thread. The error is NULL when
       all was written, and the batch is settled. */
    void (*before_write)(void *context);
    void (*after_write)(void *context, const struct fovea_row_batch *batch,
            const struct fovea_error *error);
    void *context;
};

/**
 * Work through all inputs. Nothing is committed.
 *
 * A batch ends early where a source has nothing more yet, so that a slow list
 * is answered as it comes.
 *
 * @return FOVEA_OK if every input was tried; FOVEA_ERR_CANCELLED if it was
 *         stopped; else what ended it: a source's, the sink's or the stream's
 *         status; or what came of every image of a batch, where that says that
 *         there is no worker to be had (fovea_no_worker()).
 */
FOVEA_NODISCARD enum fovea_status fovea_pump(
        const struct fovea_pump_settings *settings, struct fovea_error *err);

#endif
