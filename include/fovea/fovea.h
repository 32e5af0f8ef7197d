/*
 * fovea: CLIP image embeddings.
 *
 *     struct fovea *library = NULL;
 *     struct fovea_model *model = NULL;
 *     struct fovea_error error;
 *
 *     fovea_open(NULL, &library, &error);
 *     fovea_model_open(library, "openai/clip-vit-base-patch32", &model, &error);
 *     float *vector = malloc(fovea_embedding_dimension(model) * sizeof(float));
 *     fovea_embed_image(model, "cat.jpg", 0, vector, &error);
 *     fovea_model_close(model);
 *     fovea_close(library);
 *
 * Every fallible function returns a status and fills the error record (which
 * may be NULL) only on failure. Outputs change only on success unless a
 * function says otherwise. No function ends the process, and no input aborts
 * it. A library handle and its models may be used from any number of threads
 * at once; closing must come after every other call has returned.
 */
#ifndef FOVEA_FOVEA_H
#define FOVEA_FOVEA_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/limits.h"
#include "fovea/status.h"
#include "fovea/version.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea;
struct fovea_model;

/** Key of the model that is used when none is named. Its weights are random
 *  until the trained default is there: vectors are well-formed and repeatable,
 *  and know little of what pictures show. */
#define FOVEA_DEFAULT_MODEL "fovea/random-tiny"

/** Arithmetic of the forward pass. */
enum fovea_dtype {
    FOVEA_DTYPE_AUTO, /* bfloat16 where its arithmetic would be used */
    FOVEA_DTYPE_F32,
    FOVEA_DTYPE_BF16, /* weights in bfloat16; arithmetic too, with float32 sums,
                         where the CPU has it and the tower is 256 wide or
                         more, else float32 */
};

/** Settings of a library handle. All zero, or a NULL pointer: defaults. */
struct fovea_options {
    unsigned n_threads; /* 0: as many as the process may use CPUs */
    unsigned max_batch; /* images a forward pass takes; 0: 8, that is
                           FOVEA_DEFAULT_BATCH */
    enum fovea_dtype dtype;
    struct fovea_limits limits;
};

enum {
    FOVEA_MAX_THREADS = 256,
    FOVEA_MAX_BATCH = 256,
    FOVEA_DEFAULT_BATCH = 8
};

/** Flags of the embedding calls. */
enum {
    FOVEA_EMBED_RAW = 1 << 0, /* image_embeds as the model computes them, not
                                 scaled to length 1 */
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

/** Close the library, after all its models. NULL is fine. Since: 0.1 */
FOVEA_API void fovea_close(struct fovea *library);

/** Version of the library that is running, "0.1.0". Since: 0.1 */
FOVEA_API const char *fovea_version(void);

/**
 * Find a model by its key and describe it. No weights are read yet: they are
 * loaded by the first call that embeds.
 *
 * @param library    Borrowed; it must outlive the model.
 * @param key        A key of the catalogue (fovea_catalogue()), another Hugging
 *                   Face id whose files are here, or the path of a directory in
 *                   Hugging Face layout. NULL: FOVEA_DEFAULT_MODEL. Keys are
 *                   looked up in $FOVEA_HOME/models, then in the Hugging Face
 *                   cache, then where fovea's own models are installed.
 * @param model_out  Owned by the caller; end it with fovea_model_close().
 * @return FOVEA_OK; FOVEA_ERR_UNKNOWN_MODEL if no model has this key;
 *         FOVEA_ERR_MODEL_NOT_FOUND if it is known and its files are not here;
 *         FOVEA_ERR_MODEL_CONFIG, FOVEA_ERR_MODEL_WEIGHTS or
 *         FOVEA_ERR_MODEL_UNSUPPORTED if its files are not usable; a file
 *         status or FOVEA_ERR_IO if they cannot be read; FOVEA_ERR_ARGUMENT;
 *         FOVEA_ERR_NO_MEMORY.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_model_open(
        struct fovea *library, const char *key, struct fovea_model **model_out,
        struct fovea_error *err);

/** End a model. NULL is fine. No call on it may be running. Since: 0.1 */
FOVEA_API void fovea_model_close(struct fovea_model *model);

/** What a model is. Strings live as long as the model. */
struct fovea_model_info {
    const char *key;       /* as it was asked for; the default's own key */
    const char *directory; /* where its files are */
    uint32_t embedding_dimension;
    uint32_t image_width_px; /* of the crop the model sees */
    uint32_t image_height_px;
    uint32_t patch_size_px;
    uint32_t n_layers;
    uint32_t n_heads;
    float mean[3]; /* R, G, B, of samples scaled to 0..1 */
    float std[3];
    enum fovea_dtype dtype;    /* never AUTO: what the arithmetic will be */
    const char *weights_dtype; /* of the file: "F32", "F16", "BF16", "mixed" */
    uint64_t shared_bytes;     /* packed weights, held once */
    uint64_t per_worker_bytes; /* scratch and decoder working set, each */
    uint64_t est_memory_allocation_mb; /* shared + one worker, rounded up */
};

/** Describe a model; reads nothing and wakes nothing. Since: 0.1 */
FOVEA_API void fovea_model_describe(const struct fovea_model *model,
        struct fovea_model_info *info_out);

/** Number of float32 in an embedding; metadata only. Since: 0.1 */
FOVEA_API size_t fovea_embedding_dimension(const struct fovea_model *model);

/** A model that the catalogue knows by name; static. */
struct fovea_catalogue_entry {
    const char *key;
    uint32_t embedding_dimension;
    uint32_t image_size_px;
    uint32_t patch_size_px;
};

/** Entries of the catalogue, index 0 and up; NULL past the last. Being listed
 *  does not mean that the weights are here. Threads: safe. Since: 0.1 */
FOVEA_API const struct fovea_catalogue_entry *fovea_catalogue(size_t index);

/**
 * Embed the image in a file.
 *
 * The format is found from the bytes, never from the name.
 *
 * @param path       A regular file.
 * @param flags      0 or FOVEA_EMBED_RAW.
 * @param embedding  fovea_embedding_dimension() float32, of length 1 unless
 *                   FOVEA_EMBED_RAW; written only on success.
 * @return FOVEA_OK; a file status (FOVEA_ERR_FILE_NOT_FOUND, _FILE_DENIED,
 *         _NOT_A_FILE, _IO); an image status (FOVEA_ERR_NOT_AN_IMAGE and the
 *         other 200s); a model status if the weights cannot be loaded;
 *         FOVEA_ERR_NO_MEMORY; FOVEA_ERR_ARGUMENT.
 * Threads: safe; callers share the engine's threads. Since: 0.1
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

enum fovea_image_kind {
    FOVEA_IMAGE_PATH,   /* data: NUL-terminated path; size is ignored */
    FOVEA_IMAGE_BYTES,  /* data: a file's bytes */
    FOVEA_IMAGE_BASE64, /* data: base64 text */
};

/** One image of a batch; data is borrowed for the call. */
struct fovea_image {
    enum fovea_image_kind kind;
    const void *data;
    size_t size;
};

/**
 * Embed any number of images, of any mix of kinds. One bad image costs one
 * item: the others are embedded all the same. An image gets the same bits in
 * any batch and at any place in it.
 *
 * @param images      n of them, borrowed for the call.
 * @param embeddings  [n][dimension] float32, row-major; the row of an item that
 *                    failed is zeroed.
 * @param results     n records, all written: code FOVEA_OK, or what was wrong
 *                    with this item.
 * @return FOVEA_OK if every item was tried, whatever came of it; otherwise
 *         nothing was embedded, embeddings and results are unspecified, and err
 *         says why: FOVEA_ERR_ARGUMENT, FOVEA_ERR_NO_MEMORY or a model status.
 * Threads: safe; the items are spread over the engine's threads. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_batch_embed_images(
        struct fovea_model *model, const struct fovea_image *images, size_t n,
        unsigned flags, float *embeddings, struct fovea_error *results,
        struct fovea_error *err);

/**
 * Give the pixels the model would see of each image: decoded, oriented, RGB,
 * resized and cropped, before they are normalised. For checking fovea against
 * another implementation.
 *
 * @param pixels  [n][image_height_px][image_width_px][3] uint8; zeroed for an
 *                item that failed.
 * The rest is as in fovea_batch_embed_images(); no weights are loaded.
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_batch_preprocess_images(
        struct fovea_model *model, const struct fovea_image *images, size_t n,
        uint8_t *pixels, struct fovea_error *results, struct fovea_error *err);

#ifdef __cplusplus
}
#endif

#endif
