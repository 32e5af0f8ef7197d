/*
 * Unix sockets in the file system: what stands at a path, and making room for a
 * new one. Nothing is ever removed but a socket that nobody listens on.
 */
#ifndef FOVEA_BASE_SOCKET_FILE_H
#define FOVEA_BASE_SOCKET_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** Which one it is, as long as it stands there. */
struct fovea_socket_file {
    dev_t device;
    ino_t inode;
};

/** False, with errno, if no socket stands at a path. */
bool fovea_socket_identify(const char *path,
        struct fovea_socket_file *file_out);

/**
 * Remove what a server that has died left at a path.
 *
 * Whatever else comes to stand there meanwhile is left alone.
 *
 * @return FOVEA_OK if nothing stands there now; FOVEA_ERR_OUTPUT_REFUSED, with
 *         what it is that stands there; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_socket_make_room(const char *path,
        struct fovea_error *err);

/** Remove a socket of ours, unless something else has taken its place. */
void fovea_socket_remove(const char *path,
        const struct fovea_socket_file *file);

#endif
