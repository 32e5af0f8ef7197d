/* The loop's epoll: what an event is about is told by a tag. */
#ifndef FOVEA_HTTP_POLLER_H
#define FOVEA_HTTP_POLLER_H

#include <stdbool.h>
#include <stdint.h>

/** What an event can be about. */
enum fovea_http_tag {
    FOVEA_HTTP_TAG_COMPLETIONS,
    FOVEA_HTTP_TAG_SIGNALS,
    FOVEA_HTTP_TAG_DAEMON, /* libmicrohttpd's own epoll */
    FOVEA_HTTP_TAG_LISTENER,
    FOVEA_HTTP_TAG_CONNECTION,
};

/** What an event is about; a member of it. */
struct fovea_http_watched {
    enum fovea_http_tag tag;
    void *what; /* the listener or connection; NULL of others */
};

/** Watch for events of a descriptor; they come with watched, which is set. */
bool fovea_http_poller_add(int epoll, int fd, uint32_t events,
        struct fovea_http_watched *watched, struct fovea_http_watched value);

void fovea_http_poller_remove(int epoll, int fd);

#endif
