/* Models: finding one by its key, and what it is. */
#ifndef FOVEA_MODEL_H
#define FOVEA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/options.h"
#include "fovea/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea;
struct fovea_model;

/** Key of the model that is used when none is named. It is installed with fovea,
 *  finds the same picture again after it was changed, and knows looks, not
 *  meanings (models/fovea/near-duplicate/README.md). */
#define FOVEA_DEFAULT_MODEL "fovea/near-duplicate"

/**
 * Find a model by its key and describe it. No weights are read yet: they are
 * loaded by the first call that embeds. What FOVEA_DTYPE_AUTO means is decided
 * here: for the first model of a shape on a machine a worker is started that
 * measures it, and waited for, mostly some tenths of a second.
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

/** End a model. NULL is fine. No call on it may be running; items that were
 *  submitted are answered all the same. Its workers end when no other handle
 *  has the same model. Since: 0.1 */
FOVEA_API void fovea_model_close(struct fovea_model *model);

/** What a model is. The library's, and so are its strings: they live as long as
 *  the model. It grows at its end (sized.h). */
struct fovea_model_info {
    size_t struct_size;    /* of the library's */
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
    /* How its pixels are to be is known from preprocessor_config.json, or
       open_clip's preprocess_cfg ("file"), or there is none and they are those
       of the family's first models ("default"): a model that was trained on
       others gives vectors that look right and are not. Static. */
    const char *preprocessor;
    enum fovea_dtype dtype;    /* never AUTO: what the arithmetic will be */
    const char *weights_dtype; /* of the file: "F32", "F16", "BF16", "mixed" */
    uint64_t shared_bytes;     /* packed weights, held once */
    uint64_t per_worker_bytes; /* scratch and decoder working set, each */
    uint64_t est_memory_allocation_mb; /* shared + one worker, rounded up */
    const char *family;                /* "CLIP"; static */
    /* Whose pixels they are: "pil", "torchvision" or "fast" (enum
       fovea_pixels).
       Static. */
    const char *pixels;
    /* Where logit_scale and logit_bias come from: "checkpoint", "default" (the
       family's, before training), or "none" of a model without a text tower.
       Static. */
    const char *logits;
    /* For labels: an image's logit for a text is logit_scale times the product
       of their vectors, both of length 1, plus logit_bias. Not a logarithm. 0
       without a text tower. */
    float logit_scale;
    float logit_bias;
    uint32_t context_length; /* tokens of a text that it takes; 0: no texts */
    bool has_text;           /* it has a text tower: FOVEA_ITEM_TEXT */
    bool is_sigmoid; /* a label's probability is the logistic function of its
                        logit; else the softmax over all labels' */
    uint64_t text_shared_bytes; /* the text tower's own: packed weights and */
    uint64_t text_per_worker_bytes; /* each of its workers; 0 without one */
    /* Why it is dtype: what was measured on this machine for FOVEA_DTYPE_AUTO,
       why nothing was, or that it was asked for. A clause in English, for
       people. */
    const char *dtype_reason;
};

/** Describe a model; reads nothing and wakes nothing. NULL of NULL. Threads:
 *  safe. Since: 0.1 */
FOVEA_API const struct fovea_model_info *fovea_model_describe(
        const struct fovea_model *model);

/** Number of float32 in an embedding; metadata only. 0 of NULL. Since: 0.1 */
FOVEA_API size_t fovea_embedding_dimension(const struct fovea_model *model);

enum {
    FOVEA_WEIGHTS_DIGEST_SIZE = 65 /* hexadecimal digits and NUL */
};

/**
 * Tell what the weights of a model's image tower are: vectors of two models may
 * be compared only where it is the same, and the pixels and the arithmetic are.
 * They are read for it, unless the cache knows them from before.
 *
 * @param digest_out  SHA-256 in lower-case hexadecimal, NUL-terminated.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS, a file status or FOVEA_ERR_IO if they
 *         cannot be read; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_ARGUMENT.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_model_weights_digest(
        const struct fovea_model *model,
        char digest_out[FOVEA_WEIGHTS_DIGEST_SIZE], struct fovea_error *err);

/** A model that the catalogue knows by name; static. It grows at its end
 *  (sized.h). */
struct fovea_catalogue_entry {
    const char *key;
    uint32_t embedding_dimension;
    uint32_t image_size_px;
    uint32_t patch_size_px;
    uint32_t n_layers;
    uint32_t n_heads;
    uint32_t hidden_size;
    uint32_t mlp_size;
    float mean[3]; /* R, G, B, of samples scaled to 0..1 */
    float std[3];
    uint64_t est_memory_allocation_mb; /* weights and one worker, in float32 */
    /* Of the weights in its file, the text tower's included: what is fetched,
       but for some files of less than 40 MB. */
    uint64_t weights_bytes;
    const char *family;  /* as of fovea_model_describe() */
    const char *licence; /* SPDX expression, as its owner gives it */
    /* What the licence does not allow, in words ("for non-commercial use only");
       NULL: nothing that most uses would meet. Read the licence itself. */
    const char *licence_note;
    bool has_text; /* it knows words: FOVEA_ITEM_TEXT */
};

/** Entries of the catalogue, index 0 and up; NULL past the last. Being listed
 *  does not mean that the weights are here. Threads: safe. Since: 0.1 */
FOVEA_API const struct fovea_catalogue_entry *fovea_catalogue(size_t index);

#ifdef __cplusplus
}
#endif

#endif
