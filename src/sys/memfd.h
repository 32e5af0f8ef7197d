/* Files that exist in memory only, and sealing them. */
#ifndef FOVEA_SYS_MEMFD_H
#define FOVEA_SYS_MEMFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** An empty file in memory, close-on-exec, sealable. name: for /proc only. */
FOVEA_NODISCARD enum fovea_status fovea_memfd_create(const char *name,
        int *fd_out, struct fovea_error *err);

/** The same with these bytes in it, at offset 0, sealed against any change. */
FOVEA_NODISCARD enum fovea_status fovea_memfd_from_bytes(const char *name,
        const void *bytes, size_t size, int *fd_out, struct fovea_error *err);

/** Append all bytes. FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_memfd_write(int fd, const void *bytes,
        size_t size, struct fovea_error *err);

/** No more writes, growing, shrinking, new seals. FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_memfd_seal(int fd,
        struct fovea_error *err);

/** Whether a descriptor is memory that nobody can change any more. */
bool fovea_memfd_is_sealed(int fd);

#endif
