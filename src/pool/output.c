/* See output.h. */
#include "pool/output.h"

#include <errno.h>
#include <fcntl.h>

#include "sys/memfd.h"

/* Where the rows of a job go, and where one is copied to. The worker
   cannot make it smaller under our reading. */
enum fovea_status
fovea_output_open(struct fovea_slot *slot, size_t n, struct fovea_error *err)
{
    const struct fovea_group *group = slot->group;
    struct fovea_pool *pool = group->pool;
    if (pool->row_size < group->settings.row_bytes) {
        free(pool->row);
        pool->row_size = 0;
        pool->row = malloc(group->settings.row_bytes);
        if (!pool->row) {
            return fovea_fail_memory(err, group->settings.row_bytes, "a row");
        }
        pool->row_size = group->settings.row_bytes;
    }
    FOVEA_AUTO_FD int fd = -1;
    enum fovea_status status = fovea_memfd_create("fovea-rows", &fd, err);
    if (status) {
        return status;
    }
    if (ftruncate(fd, (off_t)(n * group->settings.row_bytes)) ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "cannot make room for what comes of %zu items", n);
    }
    slot->output_fd = fd;
    fd = -1;
    return FOVEA_OK;
}

/* A copy, so that the worker cannot change it any more. */
const void *
fovea_output_read(struct fovea_slot *slot, uint32_t index)
{
    struct fovea_pool *pool = slot->group->pool;
    size_t size = slot->group->settings.row_bytes;
    off_t offset = (off_t)(index * size);
    for (size_t at = 0; at < size;) {
        ssize_t n = pread(slot->output_fd, pool->row + at, size - at,
                offset + (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return NULL;
        }
        at += (size_t)n;
    }
    return pool->row;
}

void
fovea_output_close(struct fovea_slot *slot)
{
    if (slot->output_fd >= 0) {
        (void)close(slot->output_fd);
        slot->output_fd = -1;
    }
}
