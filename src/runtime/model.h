/*
 * A model: what its files say, and the groups of workers that do its work.
 *
 * It lives as long as its handle, every window and every URL that is being
 * fetched for it; the pool keeps what is in its queue by itself.
 */
#ifndef FOVEA_RUNTIME_MODEL_H
#define FOVEA_RUNTIME_MODEL_H

#include "checkpoint/config.h"
#include "pool/group.h"
#include "runtime/library.h"
#include "runtime/model_text.h"
#include "spec/pixels.h"

struct fovea_fetching;

/** How a model computes. */
struct fovea_model_how {
    enum fovea_dtype dtype; /* AUTO: whatever is best here */
    enum fovea_pixels pixels;
};

struct fovea_model {
    /* Never changes. */
    struct fovea *library;
    struct fovea_model_how how; /* as it was asked for */
    char *key;
    char *directory;
    struct fovea_tower tower;
    struct fovea_preprocess settings;
    const char *weights_dtype;
    struct fovea_auto_answer decided; /* of the image tower */
    enum fovea_dtype dtype;           /* that; not AUTO */
    uint64_t shared_bytes;
    uint64_t worker_bytes;
    struct fovea_model_text text;
    enum fovea_dtype text_dtype; /* not AUTO; so these, of its tower */
    uint64_t text_shared_bytes;
    uint64_t text_worker_bytes;
    struct fovea_model_info info; /* of all that */
    struct fovea_group *embedder; /* of groups */

    pthread_mutex_t mutex;
    /* Guarded by mutex. */
    unsigned n_refs; /* the handle, windows, and URLs being fetched */
    struct fovea_fetching *fetchings;               /* URLs */
    struct fovea_group *groups[FOVEA_N_WORK_KINDS]; /* NULL: not asked for */
};

/** fovea_model_open() with a key, but not as the library would have it. */
FOVEA_NODISCARD enum fovea_status fovea_model_open_as(struct fovea *library,
        const char *key, const struct fovea_model_how *how,
        struct fovea_model **model_out, struct fovea_error *err);

/** The workers that do a kind of work; the group is opened when it is first
 *  asked for, that of embedding with the model. */
FOVEA_NODISCARD enum fovea_status fovea_model_group(struct fovea_model *model,
        enum fovea_work_kind kind, struct fovea_group **group_out,
        struct fovea_error *err);

/** FOVEA_ERR_TEXT_UNSUPPORTED of a model that has no text tower. */
FOVEA_NODISCARD enum fovea_status fovea_model_check_text(
        const struct fovea_model *model, struct fovea_error *err);

/** Bytes of what a kind of work makes of an item. */
size_t fovea_model_row_bytes(const struct fovea_model *model,
        enum fovea_work_kind kind);

/** One more, or one less, that keeps the model. */
void fovea_model_ref(struct fovea_model *model);
void fovea_model_unref(struct fovea_model *model);

/** fovea_model_close(), of a handle that is one. */
void fovea_model_release(struct fovea_model *model);

#endif
