/* A cache that is never there. */
#include "pool/cache.h"

enum fovea_status
fovea_cache_init(struct fovea_cache *cache, const char *directory,
        uint64_t max_bytes, struct fovea_error *err)
{
    (void)directory;
    (void)max_bytes;
    (void)err;
    *cache = (struct fovea_cache){ 0 };
    return FOVEA_OK;
}

void
fovea_cache_finish(struct fovea_cache *cache)
{
    (void)cache;
}

void
fovea_cache_key(const char *weights_digest, const char *dtype,
        const char *engine, char key_out[FOVEA_CACHE_KEY_SIZE])
{
    (void)weights_digest;
    (void)dtype;
    (void)engine;
    key_out[0] = '\0';
}

enum fovea_status
fovea_cache_open(const struct fovea_cache *cache, const char *key, int *fd_out,
        struct fovea_error *err)
{
    (void)cache;
    (void)key;
    (void)err;
    *fd_out = -1;
    return FOVEA_OK;
}

enum fovea_status
fovea_cache_store(const struct fovea_cache *cache, const char *key, int fd,
        struct fovea_error *err)
{
    (void)cache;
    (void)key;
    (void)fd;
    (void)err;
    return FOVEA_OK;
}

void
fovea_cache_remove(const struct fovea_cache *cache, const char *key)
{
    (void)cache;
    (void)key;
}

enum fovea_status
fovea_cache_digest(const struct fovea_cache *cache, const char *model_directory,
        char *digest_out, struct fovea_error *err)
{
    (void)cache;
    (void)model_directory;
    (void)err;
    digest_out[0] = '\0';
    return FOVEA_OK;
}
