/* Settings of a library handle. */
#ifndef FOVEA_OPTIONS_H
#define FOVEA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/limits.h"
#include "fovea/pool.h"
#include "fovea/sized.h"
#include "fovea/status.h"
#include "fovea/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Arithmetic of the forward pass. */
enum fovea_dtype {
    FOVEA_DTYPE_AUTO, /* bfloat16 where it is measured to be clearly faster */
    FOVEA_DTYPE_F32,
    FOVEA_DTYPE_BF16, /* weights in bfloat16; arithmetic too, with float32 sums,
                         where the CPU has it and the tower is 256 wide or
                         more, else float32 */
    FOVEA_DTYPE_INT8, /* weights of all layers but the first in 8 bits, each
                         output channel with a scale of its own, the others in
                         bfloat16. AUTO is never this */
};

/** Whose pixels a model's are equal to, where libraries differ: the resize and the
 *  middle of what is cropped. Weights that were trained before 2026 saw Pillow's;
 *  torchvision's differ from them by one or two levels in less than one of a
 *  hundred values, the fast ones by a level or two on average. */
enum fovea_pixels {
    FOVEA_PIXELS_PIL, /* Pillow's, as of Hugging Face's ...ImageProcessorPil and
                         all processors before transformers 5 */
    FOVEA_PIXELS_TORCHVISION, /* PyTorch's of uint8, as of transformers 5 where it
                                 is not told otherwise */
    FOVEA_PIXELS_FAST, /* Pillow's of what a decoder makes of a picture in less
                          time, where it can: at a half, a quarter or an eighth
                          of its size, and at least twice the model's */
};

/** Whether workers must lock themselves in before they see an image or a
 *  text. */
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

/** How URLs are fetched. All zero: defaults. What later versions add takes room
 *  of `reserved`. */
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
    uint64_t reserved[8];   /* zero */
};

/** How objects of s3:// URLs are reached. All zero: none is fetched. What later
 *  versions add takes room of `reserved`. */
struct fovea_s3_options {
    /* s3://bucket/key is fetched, with the credentials of whoever runs the program;
       else FOVEA_ERR_URL_REFUSED. */
    bool on;
    /* https://endpoint/bucket/key, as many stores want it, not
       https://bucket.endpoint/key. */
    bool path_style;
    /* Where there are no others, ask the metadata service of the cloud's machine. */
    bool instance_credentials;
    /* "https://minio.example.org:9000"; its addresses may be private ones. NULL:
       AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, else AWS's own. */
    const char *endpoint;
    /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1. */
    const char *region;
    /* Of ~/.aws/credentials and ~/.aws/config, before AWS_ACCESS_KEY_ID; NULL:
       AWS_PROFILE, else default, after it. */
    const char *profile;
    uint64_t reserved[8]; /* zero */
};

/** Settings of a library handle. A member that is zero, or a NULL pointer to
 *  all: defaults. It grows at its end (sized.h). */
struct fovea_options {
    size_t struct_size; /* by FOVEA_OPTIONS_INIT, or sizeof */
    enum fovea_dtype dtype;
    unsigned max_batch;   /* images or texts a worker takes at once, and a
                             forward pass; 0: FOVEA_DEFAULT_BATCH */
    unsigned n_threads;   /* of each worker; 0: 1 */
    unsigned max_workers; /* of each model; 0: as many as the process may use
                             CPUs, at least 2 */
    unsigned max_queue;   /* images of a model, each with its file open, that
                             may wait, and as many texts; 0: FOVEA_DEFAULT_QUEUE */
    unsigned memory_limit_pct;   /* of the memory that the process may use, 1 to
                                  100; 0: 80 */
    uint64_t memory_limit_bytes; /* and not more than this; 0: no more */
    int64_t idle_ns;             /* a worker idle for longer ends; 0: 5
                                       minutes; FOVEA_NEVER */
    int64_t deadline_ns;         /* of an item from being submitted to its
                                       answer, fetching and cold start included;
                                       0: 5 minutes; FOVEA_NEVER */
    int64_t image_ns;            /* an item may be worked on; 0: 30 s */
    int64_t load_ns;             /* a worker may start and load; 0: 2
                                       minutes */
    int64_t drain_ns;            /* fovea_close() lets work go on; 0: 5 s;
                                       negative: none */
    uint64_t recycle_after;      /* items after which a worker is replaced
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
    enum fovea_pixels pixels; /* PIL */
    uint32_t thumbnail_px;    /* longer side of a thumbnail, up to
                                 FOVEA_MAX_THUMBNAIL_PX; 0: 256 */
    struct fovea_s3_options s3;
};

#define FOVEA_OPTIONS_INIT FOVEA_SIZED_INIT(struct fovea_options)

/** What a value of an option looks like as a text. */
enum fovea_option_kind {
    FOVEA_OPTION_KIND_NUMBER, /* a whole number */
    FOVEA_OPTION_KIND_BYTES,  /* the same; K, M, G behind it: powers of 1024 */
    FOVEA_OPTION_KIND_PIXELS, /* the same; K, M, G behind it: powers of 1000 */
    FOVEA_OPTION_KIND_TIME,   /* seconds above 0, fractions too, or with ms, s,
                                 m or h behind it; or "never" */
    FOVEA_OPTION_KIND_CHOICE, /* one of words */
    FOVEA_OPTION_KIND_TEXT,
    FOVEA_OPTION_KIND_TEXTS,  /* given many times; no option of the library */
    FOVEA_OPTION_KIND_SWITCH, /* yes or no, true or false, on or off, 1 or 0 */
    FOVEA_OPTION_KIND_MEMORY, /* bytes, or a share ("80%") */
};

/** An option: what it is called where, and what it takes. Static; it grows at
 *  its end (sized.h). */
struct fovea_option {
    size_t struct_size;
    const char *name;        /* for fovea_options_set(): "url.max_tries" */
    const char *flag;        /* of the command, without dashes; NULL: none */
    const char *environment; /* the variable that the command reads; NULL: none.
                                The library reads FOVEA_WORKER and FOVEA_CACHE,
                                and of others those of AWS for s3:// */
    enum fovea_option_kind kind;
    const char *initial; /* its default, as a text that it takes; NULL:
                            none, or what the machine or the build suggests
                            (help says it) */
    uint64_t min;        /* of a number */
    uint64_t max;
    const char *const *words; /* of a choice, by value, with NULL at the end */
    const char *status;       /* code of going beyond it; "": none */
    const char *help;
};

/** The options of struct fovea_options, index 0 and up; NULL past the last.
 *  Threads: safe. Since: 0.1 */
FOVEA_API const struct fovea_option *fovea_option_describe(size_t index);

/**
 * Set a member by its name from a text, as the command's flags are given: for
 * bindings, and for programs that have options of their own.
 *
 * @param options  Begun with FOVEA_OPTIONS_INIT.
 * @param name     "max_workers", "url.max_redirects", "limits.max_pixels";
 *                 "memory_limit" stands for its two members.
 * @param value    "4", "5m", "80%", "4G", "never". A text is not copied: it must
 *                 live until fovea_open() has returned.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, naming the option and what it takes, or
 *         the name that was probably meant; options is as before then.
 * Threads: safe on distinct options. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_options_set(
        struct fovea_options *options, const char *name, const char *value,
        struct fovea_error *err);

enum {
    FOVEA_MAX_THREADS = 64,
    FOVEA_MAX_BATCH = 128,
    FOVEA_MAX_WORKERS = 256, /* of all models together */
    FOVEA_MAX_QUEUE = 65536,
    FOVEA_DEFAULT_BATCH = 8,
    FOVEA_DEFAULT_QUEUE = 256,
    FOVEA_MIN_THUMBNAIL_PX = 16,
    FOVEA_MAX_THUMBNAIL_PX = 512
};

#ifdef __cplusplus
}
#endif

#endif
