/* See poller.h. */
#include "http/poller.h"

#include <stddef.h>
#include <sys/epoll.h>

bool
fovea_http_poller_add(int epoll, int fd, uint32_t events,
        struct fovea_http_watched *watched, struct fovea_http_watched value)
{
    struct epoll_event event = { .events = events, .data.ptr = watched };
    *watched = value;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
fovea_http_poller_remove(int epoll, int fd)
{
    (void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}
