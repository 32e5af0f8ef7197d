/*
 * fovea: CLIP image embeddings.
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
 * Images are decoded and embedded by worker processes: `fovea-worker`, sealed
 * off, one or more a model. They start when a model is first asked for a vector
 * and end when they have been idle for long, so the first call takes longer.
 * All of them keep to a limit on memory (struct fovea_options). pool.h shows
 * them.
 *
 * Every fallible function returns a status and fills the error record (which
 * may be NULL) only on failure; those that embed an image fill it with its
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
#include "fovea/limits.h"
#include "fovea/pool.h"
#include "fovea/status.h"
#include "fovea/version.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea;
struct fovea_model;

/** Key of the model that is used when none is named. It is installed with fovea,
 *  finds the same picture again after it was changed, and knows looks, not
 *  meanings (models/fovea/near-duplicate/README.md). */
#define FOVEA_DEFAULT_MODEL "fovea/near-duplicate"

/** Arithmetic of the forward pass. */
enum fovea_dtype {
    FOVEA_DTYPE_AUTO, /* bfloat16 where its arithmetic would be used */
    FOVEA_DTYPE_F32,
    FOVEA_DTYPE_BF16, /* weights in bfloat16; arithmetic too, with float32 sums,
                         where the CPU has it and the tower is 256 wide or
                         more, else float32 */
};

/** Whether workers must lock themselves in before they see an image. */
enum fovea_sandbox {
    FOVEA_SANDBOX_DEFAULT, /* ON; OFF in a build without the sandbox */
    FOVEA_SANDBOX_ON,   /* they must; where the kernel refuses nothing runs */
    FOVEA_SANDBOX_AUTO, /* where the kernel can; one event says where not */
    FOVEA_SANDBOX_OFF,
};

/** A time that never comes. */
#define FOVEA_NEVER INT64_MAX

/** Some servers refuse whoever names nobody. */
#define FOVEA_DEFAULT_USER_AGENT \
    "fovea/" FOVEA_VERSION       \
    " (image embeddings; whoever runs it gave no contact)"

/** How URLs are fetched. All zero: defaults. */
struct fovea_url_options {
    bool off;               /* no URL is fetched: FOVEA_ERR_URL_REFUSED */
    bool allow_private;     /* addresses that are not public ones too: loopback,
                           private, link-local, multicast, metadata services */
    bool use_proxies;       /* http_proxy, https_proxy, no_proxy count. A proxy
                           chooses the addresses; they cannot be checked then */
    int64_t connect_ns;     /* 0: 10 s */
    int64_t total_ns;       /* redirects included; 0: 60 s */
    unsigned max_redirects; /* 0: 5 */
    unsigned max_connections; /* at once; 0: 32 */
    unsigned max_per_host;    /* connections to one host; 0: 6 */
    unsigned max_tries;       /* of a URL whose server answers 429 or 503 and
                                 says by Retry-After how long to wait, within
                                 total_ns; 1: no second one; 0: 3 */
    const char *user_agent; /* what servers are told: who asks, and how to reach
                               them, as "thumbs/1.0 (mail@example.org)"; ASCII,
                               at most 256; NULL: FOVEA_DEFAULT_USER_AGENT */
};

/** Settings of a library handle. All zero, or a NULL pointer: defaults. */
struct fovea_options {
    enum fovea_dtype dtype;
    unsigned max_batch;   /* images a worker takes at once, and a forward pass;
                             0: FOVEA_DEFAULT_BATCH */
    unsigned n_threads;   /* of each worker; 0: 1 */
    unsigned max_workers; /* of each model; 0: as many as the process may use
                             CPUs, at least 2 */
    unsigned max_queue;   /* images of a model that may wait, each with its
                             file open; 0: FOVEA_DEFAULT_QUEUE */
    unsigned memory_limit_pct;   /* of the memory that the process may use, 1 to
                                  100; 0: 80 */
    uint64_t memory_limit_bytes; /* and not more than this; 0: no more */
    int64_t idle_ns;             /* a worker idle for longer ends; 0: 5
                                       minutes; FOVEA_NEVER */
    int64_t deadline_ns;         /* of an image from being submitted to its
                                       answer, fetching and cold start included;
                                       0: 5 minutes; FOVEA_NEVER */
    int64_t image_ns;            /* an image may be worked on; 0: 30 s */
    int64_t load_ns;             /* a worker may start and load; 0: 2
                                       minutes */
    int64_t drain_ns;            /* fovea_close() lets work go on; 0: 5 s;
                                       negative: none */
    uint64_t recycle_after;      /* images after which a worker is replaced
                                       (codecs leak); 0: 10000; UINT64_MAX */
    enum fovea_sandbox sandbox;
    const char *worker_program;  /* NULL: $FOVEA_WORKER, or where it was
                                       installed */
    const char *cache_directory; /* of packed weights; NULL: $FOVEA_CACHE, or
                                       fovea in the user's cache directory; "":
                                       none */
    uint64_t max_cache_bytes;    /* 0: 8 GiB */
    struct fovea_url_options url;
    struct fovea_limits limits;
    fovea_event_fn *on_event; /* NULL: none */
    void *event_context;
};

enum {
    FOVEA_MAX_THREADS = 64,
    FOVEA_MAX_BATCH = 128,
    FOVEA_MAX_WORKERS = 256, /* of all models together */
    FOVEA_MAX_QUEUE = 65536,
    FOVEA_DEFAULT_BATCH = 8,
    FOVEA_DEFAULT_QUEUE = 256
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

/**
 * Close the library, after all its models. What was submitted may go on for
 * options.drain_ns; then it is answered with FOVEA_ERR_SHUTTING_DOWN. All
 * workers have ended when this returns. NULL is fine. After a fork the child
 * may call it and it ends nothing of the parent's. Since: 0.1
 */
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

/** End a model. NULL is fine. No call on it may be running; images that were
 *  submitted are answered all the same. Its workers end when no other handle
 *  has the same model. Since: 0.1 */
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
    /* How its pixels are to be is known from preprocessor_config.json ("file"),
       or there is none and they are OpenAI CLIP's ("default"): a model that was
       trained on others gives vectors that look right and are not. Static. */
    const char *preprocessor;
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
    uint32_t n_layers;
    uint32_t n_heads;
    uint32_t hidden_size;
    uint32_t mlp_size;
    float mean[3]; /* R, G, B, of samples scaled to 0..1 */
    float std[3];
    uint64_t est_memory_allocation_mb; /* weights and one worker, in float32 */
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
 * http and https only. Redirects are followed and checked like the URL itself;
 * addresses that are not public are refused unless the options allow them.
 *
 * @return as fovea_embed_image(), and a fetch status (the 500s).
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_embed_image_url(
        struct fovea_model *model, const char *url, unsigned flags,
        float *embedding, struct fovea_error *err);

enum fovea_image_kind {
    FOVEA_IMAGE_PATH,   /* data: NUL-terminated path; size is ignored */
    FOVEA_IMAGE_BYTES,  /* data: a file's bytes */
    FOVEA_IMAGE_BASE64, /* data: base64 text */
    FOVEA_IMAGE_URL,    /* data: NUL-terminated URL; size is ignored */
};

/** An image to embed; data is borrowed for the call it is given to. */
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
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_batch_embed_images(
        struct fovea_model *model, const struct fovea_image *images, size_t n,
        unsigned flags, float *embeddings, struct fovea_error *results,
        struct fovea_error *err);

/** Settings of fovea_submit(). All zero, or NULL: defaults. */
struct fovea_submit_options {
    unsigned flags;      /* 0 or FOVEA_EMBED_RAW */
    bool is_batch;       /* comes after images that are not */
    int64_t deadline_ns; /* from now; 0: as in struct fovea_options */
};

/** What an image cost, in nanoseconds; 0 where it did not get so far. */
struct fovea_timings {
    int64_t fetch_ns;
    int64_t queue_ns;
    int64_t decode_ns;
    int64_t forward_ns; /* its share of a forward pass */
    int64_t total_ns;   /* from submitting */
};

/**
 * Called once for every image that was submitted.
 *
 * @param result     code FOVEA_OK and the notes about the image, or what went
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
 * Embed an image without waiting for it. All other calls that embed stand on
 * this one.
 *
 * @param image       Its data is copied or opened before the call returns.
 * @param options     NULL for defaults.
 * @param ticket_out  May be NULL. Never 0; for fovea_cancel(). Written before
 *                    done can be called; of no meaning on failure.
 * @return FOVEA_OK: done will be called exactly once. Else it never will:
 *         FOVEA_ERR_BUSY if the queue is full; FOVEA_ERR_CIRCUIT_OPEN;
 *         FOVEA_ERR_SHUTTING_DOWN; FOVEA_ERR_FORKED; a file status,
 *         FOVEA_ERR_BASE64, FOVEA_ERR_URL, FOVEA_ERR_IMAGE_TOO_MANY_BYTES;
 *         FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_submit(
        struct fovea_model *model, const struct fovea_image *image,
        const struct fovea_submit_options *options, fovea_done_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err);

/** Ask for an image's end: unless it is done it is answered with
 *  FOVEA_ERR_CANCELLED, soon. done is called in any case. A ticket that is done
 *  is fine. Threads: safe. Since: 0.1 */
FOVEA_API void fovea_cancel(struct fovea_model *model, uint64_t ticket);

/**
 * Give the pixels the model would see of each image: decoded, oriented, RGB,
 * resized and cropped, before they are normalised. For checking fovea against
 * another implementation.
 *
 * @param pixels  [n][image_height_px][image_width_px][3] uint8; zeroed for an
 *                item that failed.
 * The rest is as in fovea_batch_embed_images(); the workers that do it load no
 * weights.
 * Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_batch_preprocess_images(
        struct fovea_model *model, const struct fovea_image *images, size_t n,
        uint8_t *pixels, struct fovea_error *results, struct fovea_error *err);

#ifdef __cplusplus
}
#endif

#endif
