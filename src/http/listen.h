/*
 * Where clients come in: TCP, Unix sockets, sockets that systemd hands over,
 * and a control socket, which asks for no key.
 */
#ifndef FOVEA_HTTP_LISTEN_H
#define FOVEA_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "http/poller.h"
#include "sys/socket_file.h"

enum {
    FOVEA_HTTP_MAX_LISTENERS = 16,
    FOVEA_HTTP_LISTENER_NAME_SIZE = 160
};

struct fovea_http_listener {
    struct fovea_http_watched watched;
    int fd;
    bool is_public;    /* other machines can reach it */
    bool is_control;   /* the owner's alone, by its folder's mode: no key */
    bool is_inherited; /* somebody else holds it open too, and goes on to */
    char *unlink;      /* NULL, or the path to remove at the end; owned */
    struct fovea_socket_file file;            /* what stands at that path */
    char name[FOVEA_HTTP_LISTENER_NAME_SIZE]; /* "http://127.0.0.1:8080",
                                            "unix:/run/fovea.sock" */
};

/** All zero: none. */
struct fovea_http_listeners {
    unsigned n;
    struct fovea_http_listener all[FOVEA_HTTP_MAX_LISTENERS];
};

/** Listen on every address that a host name stands for. port 0: the kernel
 *  chooses one. FOVEA_ERR_ARGUMENT, FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_http_listen_tcp(
        struct fovea_http_listeners *listeners, const char *host, uint16_t port,
        struct fovea_error *err);

/**
 * Listen on a path. What a server that has died left there is replaced; a path
 * that somebody listens on, or that is something else, is not. The socket has its
 * path only once it listens.
 *
 * @param mode        of the socket: who may connect.
 * @param is_control  see the struct.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (too long); FOVEA_ERR_OUTPUT_REFUSED
 *         (something stands there); FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_http_listen_unix(
        struct fovea_http_listeners *listeners, const char *path, unsigned mode,
        bool is_control, struct fovea_error *err);

/** Take n sockets over, from this descriptor on; each must be a listening
 *  stream. FOVEA_ERR_ARGUMENT. */
FOVEA_NODISCARD enum fovea_status fovea_http_listen_inherited(
        struct fovea_http_listeners *listeners, int first_fd, int n,
        struct fovea_error *err);

/** Close all and remove the sockets from the file system. */
void fovea_http_listeners_close(struct fovea_http_listeners *listeners);

#endif
