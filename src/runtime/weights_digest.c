/* See weights_digest.h. */
#include "runtime/weights_digest.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/sha256.h"
#include "checkpoint/digest.h"
#include "checkpoint/safetensors.h"
#include "pool/cache_memo.h"

enum {
    CLOCK_STEP_NS = 100000000 /* longer than any that is to be met */
};

_Static_assert((int)FOVEA_CACHE_KEY_SIZE == (int)FOVEA_DIGEST_SIZE,
        "both are digits");

static int64_t
now_ns(void)
{
    struct timespec now = { 0, 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

FOVEA_DEFINE_AUTO(struct fovea_checkpoint *, fovea_checkpoint_close);

/* Both towers are in the same files. */
static enum fovea_status
identify(const char *model_directory, const struct fovea_checkpoint *checkpoint,
        enum fovea_modality modality, char identity_out[FOVEA_DIGEST_SIZE],
        int64_t *changed_ns_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_digest_identity(model_directory,
            checkpoint, identity_out, changed_ns_out, err);
    if (status || modality == FOVEA_MODALITY_IMAGE) {
        return status;
    }
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    fovea_sha256_add_text(&hash, identity_out);
    fovea_sha256_add_text(&hash, "text");
    return fovea_sha256_end(&hash, identity_out, err);
}

enum fovea_status
fovea_weights_digest(const struct fovea_cache *cache,
        const char *model_directory, enum fovea_modality modality,
        char *digest_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_checkpoint_close_auto)
    struct fovea_checkpoint *checkpoint = NULL;
    char identity[FOVEA_DIGEST_SIZE];
    char after[FOVEA_DIGEST_SIZE];
    char digest[FOVEA_DIGEST_SIZE];
    int64_t changed_ns = 0;
    int64_t start_ns = now_ns();
    enum fovea_status status =
            fovea_checkpoint_open(model_directory, &checkpoint, err);
    if (!status) {
        status = identify(model_directory, checkpoint, modality, identity,
                &changed_ns, err);
    }
    if (status || fovea_cache_memo_read(cache, identity, digest_out)) {
        return status;
    }
    struct fovea_tower config;
    status = fovea_tower_read(model_directory, modality, &config, err);
    if (!status) {
        status = fovea_digest_weights(&config, checkpoint, digest, err);
    }
    if (status) {
        return status;
    }
    /* Files keep their identity when they are changed twice within one step of
       their file system's clock, so those that changed just now get no memo. */
    bool is_settled = changed_ns < start_ns - CLOCK_STEP_NS;
    if (is_settled &&
            !identify(model_directory, checkpoint, modality, after, &changed_ns,
                    NULL) &&
            strcmp(after, identity) == 0) {
        fovea_cache_memo_write(cache, identity, digest);
    }
    memcpy(digest_out, digest, sizeof digest);
    return FOVEA_OK;
}
