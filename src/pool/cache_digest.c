/*
 * Digests of weights, and the memo that saves reading them: see cache.h.
 *
 * The memo's name says which files it is about. They keep that name when they
 * are changed twice within one step of their file system's clock, so files that
 * changed just now get no memo.
 */
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "checkpoint/digest.h"
#include "pool/cache.h"
#include "pool/cache_folder.h"
#include "pool/cache_key.h"

enum {
    MAX_DIGESTS = 1024,
    CLOCK_STEP_NS = 100000000, /* longer than any that is to be met */
};

static const char digests_folder[] = "digests";

_Static_assert((int)FOVEA_CACHE_KEY_SIZE == (int)FOVEA_DIGEST_SIZE,
        "both are digits");

static bool
read_memo(const struct fovea_cache *cache, const char *identity,
        char digest_out[FOVEA_DIGEST_SIZE])
{
    FOVEA_AUTO_FD int folder = -1;
    if (!cache->directory ||
            fovea_cache_folder_open(cache->directory, digests_folder, &folder,
                    NULL) ||
            folder < 0) {
        return false;
    }
    FOVEA_AUTO_FD int fd = fovea_cache_folder_open_file(folder, identity);
    char text[FOVEA_DIGEST_SIZE + 1] = "";
    if (fd < 0 || pread(fd, text, sizeof text, 0) != FOVEA_DIGEST_SIZE - 1 ||
            !fovea_cache_is_key(text)) {
        return false;
    }
    (void)futimens(fd, NULL); /* used now */
    memcpy(digest_out, text, FOVEA_DIGEST_SIZE);
    return true;
}

/* Without a memo the next one reads the weights again: no failure. */
static void
write_memo(const struct fovea_cache *cache, const char *identity,
        const char *digest)
{
    FOVEA_AUTO_FREE char *folder = NULL;
    FOVEA_AUTO_FD int folder_fd = -1;
    if (!cache->directory ||
            fovea_cache_folder_need(cache->directory, digests_folder, &folder,
                    &folder_fd, NULL)) {
        return;
    }
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    if (!fovea_cache_folder_begin_file(folder, identity, &file, NULL) &&
            !fovea_atomic_file_write(&file, digest, strlen(digest), NULL) &&
            !fovea_atomic_file_commit(&file, NULL)) {
        (void)!fovea_cache_folder_trim(folder_fd, UINT64_MAX, MAX_DIGESTS,
                identity, NULL);
    }
    fovea_atomic_file_abandon(&file);
}

static int64_t
now_ns(void)
{
    struct timespec now = { 0, 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void
close_checkpoint(struct fovea_checkpoint **checkpoint)
{
    fovea_checkpoint_close(*checkpoint);
}

enum fovea_status
fovea_cache_digest(const struct fovea_cache *cache, const char *model_directory,
        char *digest_out, struct fovea_error *err)
{
    FOVEA_AUTO(close_checkpoint) struct fovea_checkpoint *checkpoint = NULL;
    char identity[FOVEA_DIGEST_SIZE];
    char after[FOVEA_DIGEST_SIZE];
    char digest[FOVEA_DIGEST_SIZE];
    int64_t changed_ns = 0;
    int64_t start_ns = now_ns();
    enum fovea_status status =
            fovea_checkpoint_open(model_directory, &checkpoint, err);
    if (!status) {
        status = fovea_digest_identity(model_directory, checkpoint, identity,
                &changed_ns, err);
    }
    if (status || read_memo(cache, identity, digest_out)) {
        return status;
    }
    struct fovea_tower config;
    status = fovea_tower_read(model_directory, &config, err);
    if (!status) {
        status = fovea_digest_weights(&config, checkpoint, digest, err);
    }
    if (status) {
        return status;
    }
    bool is_settled = changed_ns < start_ns - CLOCK_STEP_NS;
    if (is_settled &&
            !fovea_digest_identity(model_directory, checkpoint, after,
                    &changed_ns, NULL) &&
            strcmp(after, identity) == 0) {
        write_memo(cache, identity, digest);
    }
    memcpy(digest_out, digest, sizeof digest);
    return FOVEA_OK;
}
