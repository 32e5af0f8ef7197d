/* Sockets to listen on: see listen.h. */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
    struct sockaddr_storage storage;
};

static bool
is_loopback(const union address *address)
{
    if (address->any.sa_family == AF_INET) {
        return (ntohl(address->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    if (address->any.sa_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
    }
    return true; /* a path: its mode says who may come */
}

static void
name_it(struct fovea_http_listener *listener, const union address *address)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->any.sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        (void)snprintf(listener->name, sizeof listener->name, "http://%s:%u",
                host, (unsigned)ntohs(address->v4.sin_port));
    } else if (address->any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
        (void)snprintf(listener->name, sizeof listener->name, "http://[%s]:%u",
                host, (unsigned)ntohs(address->v6.sin6_port));
    } else {
        (void)snprintf(listener->name, sizeof listener->name, "unix:%.108s",
                address->local.sun_path);
    }
}

/* Take a listening socket in; the fd is the listeners' on success. */
static enum fovea_status
add(struct fovea_http_listeners *listeners, int fd, struct fovea_error *err)
{
    union address address = { .any = { 0 } };
    socklen_t size = sizeof address;
    if (listeners->n == FOVEA_HTTP_MAX_LISTENERS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than %d sockets to listen on", FOVEA_HTTP_MAX_LISTENERS);
    }
    if (getsockname(fd, &address.any, &size)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "a socket has no address");
    }
    struct fovea_http_listener *listener = &listeners->all[listeners->n++];
    *listener = (struct fovea_http_listener){
        .fd = fd,
        .is_public = !is_loopback(&address),
    };
    name_it(listener, &address);
    return FOVEA_OK;
}

/* shown: the address that it will have, in messages. */
static enum fovea_status
listen_at(struct fovea_http_listeners *listeners, const union address *address,
        socklen_t size, const union address *shown, struct fovea_error *err)
{
    const int on = 1;
    struct fovea_http_listener wanted = { .fd = -1 };
    name_it(&wanted, shown);
    FOVEA_AUTO_FD int fd = socket(address->any.sa_family,
            SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_good = fd >= 0 &&
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (is_good && address->any.sa_family == AF_INET6) {
        is_good =
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
    }
    if (!is_good || bind(fd, &address->any, size) || listen(fd, SOMAXCONN)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "cannot listen on %s",
                wanted.name);
    }
    enum fovea_status status = add(listeners, fd, err);
    if (!status) {
        fd = -1;
    }
    return status;
}

/* Once the kernel has chosen a port for one address it is that of all. */
static void
set_port(union address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET) {
        address->v4.sin_port = htons(port);
    } else {
        address->v6.sin6_port = htons(port);
    }
}

static uint16_t
chosen_port(const struct fovea_http_listener *listener)
{
    union address address = { .any = { 0 } };
    socklen_t size = sizeof address;
    (void)getsockname(listener->fd, &address.any, &size);
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
                                                  : address.v6.sin6_port);
}

/* Whether it is one of those that this machine has no address of. */
static bool
is_of_no_use(const struct fovea_error *error)
{
    return error->sys_errno == EADDRNOTAVAIL ||
            error->sys_errno == EAFNOSUPPORT;
}

enum fovea_status
fovea_http_listen_tcp(struct fovea_http_listeners *listeners, const char *host,
        uint16_t port, struct fovea_error *err)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE,
    };
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--host: no address of %s: %s", host, gai_strerror(error));
    }
    enum fovea_status status = FOVEA_OK;
    struct fovea_error failure = { .code = FOVEA_OK };
    unsigned n_before = listeners->n;
    for (const struct addrinfo *at = found; at && !status; at = at->ai_next) {
        union address address = { .any = { 0 } };
        memcpy(&address, at->ai_addr, at->ai_addrlen);
        set_port(&address, port);
        status = listen_at(listeners, &address, at->ai_addrlen, &address,
                &failure);
        if (status && is_of_no_use(&failure) && at->ai_next) {
            status = FOVEA_OK;
        } else if (!status && port == 0) {
            port = chosen_port(&listeners->all[n_before]);
        }
    }
    freeaddrinfo(found);
    if (!status && listeners->n == n_before) {
        status = failure.code;
    }
    if (status && err) {
        *err = failure;
    }
    return status;
}

/* A path for a socket; false if it is too long for one. */
static bool
to_local(const char *path, union address *address, socklen_t *size)
{
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->local.sun_path) {
        return false;
    }
    *address = (union address){ .local = { .sun_family = AF_UNIX } };
    memcpy(address->local.sun_path, path, length);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return true;
}

/* Listen on a path where nothing is to be replaced, with this mode. */
static enum fovea_status
listen_local(struct fovea_http_listeners *listeners,
        const union address *address, socklen_t size, unsigned mode,
        const union address *shown, struct fovea_error *err)
{
    const char *path = address->local.sun_path;
    /* Nobody else connects before it has its mode. */
    mode_t mask = umask(S_IRWXG | S_IRWXO | S_IXUSR);
    enum fovea_status status = listen_at(listeners, address, size, shown, err);
    (void)umask(mask);
    if (!status && chmod(path, mode)) {
        status = fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot set the mode of %s", shown->local.sun_path);
        (void)unlink(path);
    }
    return status;
}

enum fovea_status
fovea_http_listen_unix(struct fovea_http_listeners *listeners, const char *path,
        unsigned mode, bool is_control, struct fovea_error *err)
{
    union address final = { .any = { 0 } };
    union address address = { .any = { 0 } };
    socklen_t size = 0;
    if (!to_local(path, &final, &size)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the path of a Unix socket has 1 to %zu bytes: %s",
                sizeof final.local.sun_path - 1, path);
    }
    FOVEA_AUTO_FREE char *copy = strdup(path);
    FOVEA_AUTO_FREE char *aside = fovea_socket_name_aside(path);
    if (!copy || !aside) {
        return fovea_fail_memory(err, strlen(path), "a path");
    }
    enum fovea_status status = fovea_socket_make_room(path, err);
    if (status) {
        return status;
    }
    unsigned n_before = listeners->n;
    /* It gets its name when it listens: until then it would look as if its
       server had died. Where that is too long it has it at once. */
    bool has_aside = to_local(aside, &address, &size);
    if (!has_aside) {
        (void)to_local(path, &address, &size);
    }
    status = listen_local(listeners, &address, size, mode, &final, err);
    if (status) {
        return status;
    }
    struct fovea_http_listener *listener = &listeners->all[n_before];
    name_it(listener, &final);
    listener->is_control = is_control;
    if (has_aside) {
        status = fovea_socket_take_place(aside, path, err);
    }
    if (!status) {
        (void)fovea_socket_identify(path, &listener->file);
        listener->unlink = FOVEA_TAKE(copy);
    }
    return status;
}

enum fovea_status
fovea_http_listen_inherited(struct fovea_http_listeners *listeners,
        int first_fd, int n, struct fovea_error *err)
{
    for (int i = 0; i < n; i++) {
        int fd = first_fd + i;
        int type = 0;
        int listens = 0;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) ||
                type != SOCK_STREAM ||
                getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) ||
                !listens) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "descriptor %d, which was handed over, is no socket that "
                    "listens for streams",
                    fd);
        }
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        enum fovea_status status = add(listeners, fd, err);
        if (status) {
            return status;
        }
        listeners->all[listeners->n - 1].is_inherited = true;
    }
    return FOVEA_OK;
}

void
fovea_http_listeners_close(struct fovea_http_listeners *listeners)
{
    for (unsigned i = 0; i < listeners->n; i++) {
        struct fovea_http_listener *listener = &listeners->all[i];
        if (listener->unlink) {
            fovea_socket_remove(listener->unlink, &listener->file);
        }
        free(listener->unlink);
        (void)close(listener->fd);
    }
    listeners->n = 0;
}
