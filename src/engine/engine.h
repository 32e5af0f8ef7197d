/*
 * The one door to arithmetic: a tower goes in, rows become embeddings. It is
 * coarse on purpose: what an engine does with a layer is its own business.
 *
 * An engine is made in three steps, so that its caller can do what belongs
 * between them: open() has the weights in memory and needs files; prepare() makes
 * everything that runs will need, after which it opens no file, starts no thread
 * and generates no code; run() may then be called in a sealed process.
 *
 * Threads: an engine has as many lanes as threads may run it at once. A run is
 * carried out by the thread that calls it, whatever the engine's library would
 * do of itself.
 */
#ifndef FOVEA_ENGINE_ENGINE_H
#define FOVEA_ENGINE_ENGINE_H

#include <stdbool.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "checkpoint/checkpoint.h"
#include "engine/cost.h"
#include "spec/choice.h"
#include "spec/pixels.h"

enum {
    FOVEA_ENGINE_WORD_SIZE = 128
};

/** An open engine; each kind's own. */
struct fovea_engine;

struct fovea_engine_options {
    const struct fovea_tower *tower; /* checked; copied */
    /* How samples become numbers. NULL: the tower is of texts. */
    const struct fovea_preprocess *pixels;
    enum fovea_dtype dtype;
    /* Weights that were packed before, borrowed: sealed memory of this very
       program's, or a file of anybody's, which is checked. */
    int packed_fd; /* -1: none */
    bool packed_is_foreign;
    /* Where they are packed from otherwise; borrowed for the call. */
    const struct fovea_checkpoint *checkpoint;
};

struct fovea_engine_ops {
    const char *name;

    /* One word: the way of packing, the library and the machine. Packed weights
       are good for engines of the same word. */
    void (*word)(char word_out[FOVEA_ENGINE_WORD_SIZE]);

    /* FOVEA_ERR_MODEL_WEIGHTS if the weights are not what the tower needs, or
       damaged; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY. */
    enum fovea_status (*open)(const struct fovea_engine_options *options,
            struct fovea_engine **engine_out, struct fovea_error *err);

    /* Once. n_lanes and max_batch are at least 1. */
    enum fovea_status (*prepare)(struct fovea_engine *engine, unsigned n_lanes,
            size_t max_batch, struct fovea_error *err);

    /* Embed n items, 1..max_batch, on a lane below n_lanes, one run at a time on
       each. rows: [n][side_px][side_px][3] uint8, or n of struct fovea_text_row
       (FOVEA_ERR_INTERNAL if its numbers are out of range). embeds:
       [n][dimension] float32, not scaled; an item's row has the same bits in
       every batch. */
    enum fovea_status (*run)(struct fovea_engine *engine, unsigned lane,
            const void *rows, size_t n, float *embeds, struct fovea_error *err);

    /* The sealed memory that open() packed, for engines of other processes; the
       caller owns it. -1: it packed none, or it was taken. */
    int (*take_packed)(struct fovea_engine *engine);

    /* Bytes of weights that are mapped, and of the buffers of all lanes. */
    size_t (*shared_bytes)(const struct fovea_engine *engine);
    size_t (*lanes_bytes)(const struct fovea_engine *engine);

    /* How long a layer takes in each dtype that AUTO may be: spec/choice.h. */
    enum fovea_status (*time_layer)(const struct fovea_choice_shape *shape,
            struct fovea_choice_times *times_out, struct fovea_error *err);

    /* As fovea_engine_cost(). */
    struct fovea_cost (*cost)(const struct fovea_tower *tower,
            enum fovea_dtype dtype, size_t batch);

    /* No run may be under way. NULL is fine. */
    void (*close)(struct fovea_engine *engine);
};

#define X(name) extern const struct fovea_engine_ops fovea_engine_##name;
#include "engine/engines.def"
#undef X

/** The engine that workers use. */
const struct fovea_engine_ops *fovea_engine_default(void);

#endif
