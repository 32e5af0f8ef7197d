/*
 * Unix sockets in the file system: what stands at a path, and making room for a
 * new one. Nothing is ever removed but a socket that nobody listens on.
 */
#ifndef FOVEA_SYS_SOCKET_FILE_H
#define FOVEA_SYS_SOCKET_FILE_H

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

/** A name for a socket beside a path, for as long as it is not ready: free() it.
 *  NULL without memory. */
char *fovea_socket_name_aside(const char *path);

/** Give a socket that has such a name its path, where room is made; without
 *  success it is gone. As fovea_socket_make_room(). */
FOVEA_NODISCARD enum fovea_status fovea_socket_take_place(const char *from,
        const char *to, struct fovea_error *err);

/** Remove a socket of ours, unless something else has taken its place. */
void fovea_socket_remove(const char *path,
        const struct fovea_socket_file *file);

#endif
