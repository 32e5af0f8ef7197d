/* What the runtime sets of the pool and its groups. */
#ifndef FOVEA_POOL_POOL_SETTINGS_H
#define FOVEA_POOL_POOL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/fovea.h"

#include "wire/messages.h"

struct fovea_cache;

/** Digests what a file that workers share is made of, the weights of a model's
 *  tower or its tokenizer, for the key of the copy in the cache. Called in the
 *  background: it may block, and keep memos in the cache. digest_out:
 *  FOVEA_CACHE_KEY_SIZE bytes. */
typedef enum fovea_status fovea_pool_digest_fn(const struct fovea_cache *cache,
        const char *model_directory, enum fovea_modality modality,
        enum fovea_shared what, char *digest_out, struct fovea_error *err);

/** Every field is set: the runtime resolves defaults. */
struct fovea_pool_settings {
    unsigned max_workers; /* of each model */
    unsigned max_queue;   /* of each model */
    unsigned memory_limit_pct;
    uint64_t memory_limit_bytes; /* 0: no more than the share */
    int64_t idle_ns;             /* FOVEA_NEVER is none; so below */
    int64_t image_ns;
    int64_t load_ns;
    int64_t drain_ns; /* 0: none */
    uint64_t recycle_after;
    int64_t breaker_open_ns; /* FOVEA_BREAKER_OPEN_NS but in tests */
    int64_t quarantine_ns;   /* FOVEA_QUARANTINE_NS but in tests */
    enum fovea_sandbox sandbox;
    const char *worker_program;  /* copied; NULL: sys/program.h finds it */
    const char *cache_directory; /* copied; as fovea_cache_init() */
    uint64_t max_cache_bytes;
    fovea_pool_digest_fn *digest;
    fovea_event_fn *on_event; /* may be NULL */
    void *event_context;
    const char *memory_root; /* "" but in tests: sys/memory.h; copied */
};

struct fovea_group_settings {
    const char *key;       /* copied; for people */
    const char *directory; /* copied; absolute */
    enum fovea_work_kind kind;
    enum fovea_dtype dtype; /* not AUTO */
    enum fovea_pixels pixels;
    unsigned n_threads;
    unsigned max_batch;
    struct fovea_limits limits;
    uint32_t thumbnail_px; /* longer side */
    uint32_t dimension;    /* float32 of a vector; pixels: 0 */
    uint64_t row_bytes;    /* of a result */
    uint64_t shared_bytes; /* estimates: runtime/estimate.h */
    uint64_t worker_bytes;
};

/** Point it to a copy, which the caller owns; NULL stays NULL. False without
 *  memory. */
FOVEA_NODISCARD bool fovea_pool_settings_keep(const char **string,
        char **copy_out);

#endif
