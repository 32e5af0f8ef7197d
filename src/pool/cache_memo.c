/* See cache_memo.h. */
#include "pool/cache_memo.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "pool/cache_folder.h"

enum {
    MAX_MEMOS = 1024
};

static const char digests_folder[] = "digests";

bool
fovea_cache_memo_read(const struct fovea_cache *cache, const char *identity,
        char digest_out[FOVEA_CACHE_KEY_SIZE])
{
    FOVEA_AUTO_FD int folder = -1;
    if (!cache->directory ||
            fovea_cache_folder_open(cache->directory, digests_folder, &folder,
                    NULL) ||
            folder < 0) {
        return false;
    }
    FOVEA_AUTO_FD int fd = fovea_cache_folder_open_file(folder, identity);
    char text[FOVEA_CACHE_KEY_SIZE + 1] = "";
    if (fd < 0 || pread(fd, text, sizeof text, 0) != FOVEA_CACHE_KEY_SIZE - 1 ||
            !fovea_cache_is_key(text)) {
        return false;
    }
    (void)futimens(fd, NULL); /* used now */
    memcpy(digest_out, text, FOVEA_CACHE_KEY_SIZE);
    return true;
}

void
fovea_cache_memo_write(const struct fovea_cache *cache, const char *identity,
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
        (void)!fovea_cache_folder_trim(folder_fd, UINT64_MAX, MAX_MEMOS,
                identity, NULL);
    }
    fovea_atomic_file_abandon(&file);
}
