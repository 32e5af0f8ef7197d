/*
 * fovea: embeddings of images and texts.
 *
 *     struct fovea *library = NULL;
 *     struct fovea_model *model = NULL;
 *     struct fovea_error error;
 *
 *     fovea_open(NULL, &library, &error);
 *     fovea_model_open(library, FOVEA_DEFAULT_MODEL, &model, &error);
 *     size_t n = fovea_embedding_dimension(model);
 *     float *vector = malloc(n * sizeof(float));
 *     fovea_embed_image(model, "cat.jpg", 0, vector, &error);
 *     fovea_model_close(model);
 *     fovea_close(library);
 *
 * Images are decoded and embedded, and texts tokenised and embedded, by worker processes: `fovea-worker`, sealed
 * off, one or more a model. They start when a model is first asked for a vector
 * and end when they have been idle for long, so the first call takes longer.
 * All of them keep to a limit on memory (struct fovea_options). pool.h shows
 * them.
 *
 * One image: fovea_embed_image() and its kin; one text: fovea_embed_text(). Both
 * give vectors of one space where the model has a text tower. An array of items:
 * fovea_embed_batch(). Items that come one after the other, or are more than fit
 * in memory: a stream (stream.h). A callback for each: fovea_submit().
 *
 * Every fallible function returns a status and fills the error record (which
 * may be NULL) only on failure; those that embed an item fill it with its
 * notes otherwise. Outputs change only on success unless a
 * function says otherwise. No function ends the process, and no input aborts
 * it. A library handle and its models may be used from any number of threads
 * at once; closing must come after every other call has returned. After a fork
 * the child's copy of a handle answers FOVEA_ERR_FORKED.
 */
#ifndef FOVEA_FOVEA_H
#define FOVEA_FOVEA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/facts.h"
#include "fovea/input.h"
#include "fovea/limits.h"
#include "fovea/model.h"
#include "fovea/options.h"
#include "fovea/pool.h"
#include "fovea/sized.h"
#include "fovea/status.h"
#include "fovea/stream.h"
#include "fovea/timings.h"
#include "fovea/tokens.h"
#include "fovea/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Flags of the embedding calls. */
enum {
    FOVEA_EMBED_RAW = 1 << 0, /* image_embeds and text_embeds as the model
                                 computes them, not scaled to length 1 */
    FOVEA_EMBED_REFUSE_TRUNCATED = 1 << 1, /* a text that would be cut is
                                 FOVEA_ERR_TEXT_TRUNCATED, whatever
                                 limits.truncate says; of images nothing */
};

/**
 * Open the library.
 *
 * @param options      Borrowed for the call; NULL for defaults.
 * @param library_out  Owned by the caller; end it with fovea_close().
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if an option is out of range;
 *         FOVEA_ERR_NO_MEMORY.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_open(
        const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err);

/**
 * Close the library, after all its models and their streams. What was submitted may go on for
 * options.drain_ns; then it is answered with FOVEA_ERR_SHUTTING_DOWN. All
 * workers have ended when this returns. NULL is fine. After a fork the child
 * may call it and it ends nothing of the parent's. Since: 0.1
 */
FOVEA_API void fovea_close(struct fovea *library);

/** Version of the library that is running, "0.1.0". Since: 0.1 */
FOVEA_API const char *fovea_version(void);

/**
 * Embed the image in a file.
 *
 * The format is found from the bytes, never from the name.
 *
 * @param path       A regular file.
 * @param flags      0 or FOVEA_EMBED_RAW.
 * @param embedding  fovea_embedding_dimension() float32, of length 1 unless
 *                   FOVEA_EMBED_RAW; written only on success.
 * @param err        May be NULL. Written on success too: notes about the image.
 * @return FOVEA_OK; a file status (FOVEA_ERR_FILE_NOT_FOUND, _FILE_DENIED,
 *         _NOT_A_FILE, _IO); an image status (FOVEA_ERR_NOT_AN_IMAGE and the
 *         other 200s); a model status if the weights cannot be loaded;
 *         a pool status (the 400s: no memory for a worker, queue full, deadline
 *         passed, this image ends workers); FOVEA_ERR_NO_MEMORY;
 *         FOVEA_ERR_ARGUMENT.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_image(
        struct fovea_model *model, const char *path, unsigned flags,
        float *embedding, struct fovea_error *err);

/** As fovea_embed_image(), of a file's bytes in memory. Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_image_bytes(
        struct fovea_model *model, const void *bytes, size_t size,
        unsigned flags, float *embedding, struct fovea_error *err);

/**
 * As fovea_embed_image(), of a file's bytes in base64.
 *
 * Standard and URL-safe alphabets, padded or not, with or without a
 * "data:...;base64," prefix and line breaks.
 *
 * @param text  size bytes; need not be NUL-terminated.
 * @return as fovea_embed_image(); FOVEA_ERR_BASE64 if the text is malformed.
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_image_base64(
        struct fovea_model *model, const char *text, size_t size,
        unsigned flags, float *embedding, struct fovea_error *err);

/**
 * As fovea_embed_image(), of what a URL leads to.
 *
 * http and https, and s3://BUCKET/KEY where the options let it be
 * (fovea_s3_options.on). Redirects are followed and checked like the URL itself, but
 * not of s3://; addresses that are not public are refused unless the options allow
 * them.
 *
 * @return as fovea_embed_image(), and a fetch status (the 500s). Of s3:// also
 *         FOVEA_ERR_FILE_NOT_FOUND.
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_image_url(
        struct fovea_model *model, const char *url, unsigned flags,
        float *embedding, struct fovea_error *err);

/**
 * Embed a text, into the space of the model's images.
 *
 * The model's own tokenizer reads it, in a worker. A text that has more tokens
 * than the model takes is cut and has FOVEA_NOTE_TRUNCATED, or is refused
 * (limits.truncate, FOVEA_EMBED_REFUSE_TRUNCATED).
 *
 * @param text       size bytes of UTF-8; need not be NUL-terminated. An empty
 *                   one is a text, and NULL is one with size 0.
 * @param flags      0, or FOVEA_EMBED_RAW and FOVEA_EMBED_REFUSE_TRUNCATED.
 * @param embedding  fovea_embedding_dimension() float32, of length 1 unless
 *                   FOVEA_EMBED_RAW; written only on success.
 * @param err        May be NULL. Written on success too: notes about the text.
 * @return FOVEA_OK; FOVEA_ERR_TEXT_UNSUPPORTED if the model has no text tower;
 *         FOVEA_ERR_TEXT_TOO_LARGE; FOVEA_ERR_TEXT_ENCODING;
 *         FOVEA_ERR_TEXT_TRUNCATED; FOVEA_ERR_TOKENIZER_UNSUPPORTED or
 *         _INVALID; a model status if the weights cannot be loaded; a pool
 *         status (the 400s); FOVEA_ERR_NO_MEMORY; FOVEA_ERR_ARGUMENT.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_text(
        struct fovea_model *model, const char *text, size_t size,
        unsigned flags, float *embedding, struct fovea_error *err);

/**
 * Embed any number of items, of any mix of kinds, images and texts too. A bad one
 * costs itself: the others are embedded all the same. An item gets the same bits
 * in any batch and at any place in it.
 *
 * @param items       n of them, borrowed for the call.
 * @param embeddings  [n][dimension] float32, row-major; the row of an item that
 *                    failed is zeroed.
 * @param results     n records, all written: code FOVEA_OK and the notes about
 *                    this item, or what was wrong with it.
 * @return FOVEA_OK if every item was tried, whatever came of it. Otherwise
 *         embeddings and results are unspecified and err says why:
 *         FOVEA_ERR_ARGUMENT or FOVEA_ERR_NO_MEMORY; and, where no item could
 *         be tried, what kept the workers from starting: a model status,
 *         FOVEA_ERR_MEMORY_EXHAUSTED, FOVEA_ERR_WORKER_START,
 *         FOVEA_ERR_SANDBOX, FOVEA_ERR_CIRCUIT_OPEN, FOVEA_ERR_FORKED.
 * Threads: safe; the items are spread over the workers. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_batch(
        struct fovea_model *model, const struct fovea_item *items, size_t n,
        unsigned flags, float *embeddings, struct fovea_error *results,
        struct fovea_error *err);

/** Settings of fovea_submit(). A member that is zero, or a NULL pointer to all:
 *  defaults. It grows at its end (sized.h). */
struct fovea_submit_options {
    size_t struct_size;  /* by FOVEA_SUBMIT_OPTIONS_INIT, or sizeof */
    unsigned flags;      /* of the embedding calls */
    bool is_batch;       /* comes after items that are not */
    int64_t deadline_ns; /* from now; 0: as in struct fovea_options */
    /* Where to put what is known of the image; NULL: nowhere. The caller's, with
       its struct_size set, until done was called; written before that, of texts
       and on failure with a NULL format. */
    struct fovea_image_facts *facts_out;
};

#define FOVEA_SUBMIT_OPTIONS_INIT FOVEA_SIZED_INIT(struct fovea_submit_options)

/**
 * Called once for every item that was submitted.
 *
 * @param result     code FOVEA_OK and the notes about the item, or what went
 *                   wrong. Lives as long as the call.
 * @param embedding  fovea_embedding_dimension() float32, or NULL on failure.
 *                   Lives as long as the call.
 * Threads: one of the library's own, never the one that submitted, with none of
 * the library's locks held. It must return soon, and may call fovea_submit()
 * and fovea_cancel() but nothing that waits.
 */
typedef void fovea_done_fn(void *context, const struct fovea_error *result,
        const float *embedding, const struct fovea_timings *timings);

/**
 * Embed an item without waiting for it. All other calls that embed stand on
 * this one.
 *
 * @param item        Its data is copied or opened before the call returns.
 * @param options     NULL for defaults.
 * @param ticket_out  May be NULL. Never 0; for fovea_cancel(). Written before
 *                    done can be called; of no meaning on failure.
 * @return FOVEA_OK: done will be called exactly once. Else it never will:
 *         FOVEA_ERR_BUSY if the queue is full; FOVEA_ERR_CIRCUIT_OPEN;
 *         FOVEA_ERR_SHUTTING_DOWN; FOVEA_ERR_FORKED; a file status,
 *         FOVEA_ERR_BASE64, FOVEA_ERR_URL, FOVEA_ERR_IMAGE_TOO_MANY_BYTES;
 *         FOVEA_ERR_TEXT_UNSUPPORTED, FOVEA_ERR_TEXT_TOO_LARGE;
 *         FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_submit(
        struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_done_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err);

/** Ask for an item's end: unless it is done it is answered with
 *  FOVEA_ERR_CANCELLED, soon. done is called in any case. A ticket that is done
 *  is fine. Threads: safe. Since: 0.1 */
FOVEA_API void fovea_cancel(struct fovea_model *model, uint64_t ticket);

/**
 * Give the pixels the model would see of each item: decoded, oriented, RGB,
 * resized and cropped, before they are normalised. For checking fovea against
 * another implementation.
 *
 * @param pixels  [n][image_height_px][image_width_px][3] uint8; zeroed for an
 *                item that failed.
 * The rest is as in fovea_embed_batch(); the workers that do it load no
 * weights.
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_preprocess_batch(
        struct fovea_model *model, const struct fovea_item *items, size_t n,
        uint8_t *pixels, struct fovea_error *results, struct fovea_error *err);

/** Bytes that a thumbnail has at most. 0 of NULL. Threads: safe. Since: 0.1 */
FOVEA_API size_t fovea_thumbnail_max_bytes(const struct fovea_model *model);

/**
 * Make a thumbnail of an image: a JPEG, upright, whose longer side has
 * thumbnail_px of struct fovea_options, or fewer where the image has. Nothing of
 * the image's file is in it but the picture. The workers that do it load no
 * weights, and any model will do. Many: a stream (FOVEA_STREAM_THUMBNAIL).
 *
 * @param item      An image.
 * @param jpeg      [fovea_thumbnail_max_bytes()]; written on success only.
 * @param size_out  Bytes of the JPEG.
 * @param err       May be NULL. Written on success too: notes about the image.
 * @return as fovea_embed_image().
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_thumbnail(
        struct fovea_model *model, const struct fovea_item *item, uint8_t *jpeg,
        size_t *size_out, struct fovea_error *err);

/** As fovea_done_fn; jpeg: size bytes, or NULL on failure. */
typedef void fovea_thumbnail_fn(void *context, const struct fovea_error *result,
        const uint8_t *jpeg, size_t size, const struct fovea_timings *timings);

/** Make a thumbnail without waiting for it: as fovea_submit(), whose flags have
 *  no meaning here. Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_submit_thumbnail(
        struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_thumbnail_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err);

#ifdef __cplusplus
}
#endif

#endif
