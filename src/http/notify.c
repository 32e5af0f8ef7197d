/* Talking to systemd: see notify.h. Source: sd_notify(3), sd_listen_fds(3). */
#include "http/notify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/number.h"

enum {
    FIRST_LISTENER = 3 /* SD_LISTEN_FDS_START */
};

/* Nothing changes the environment. */
static const char *
variable(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe) */
}

void
fovea_http_notify(const char *state)
{
    const char *path = variable("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t size = path ? strlen(path) : 0;
    if (size < 2 || size >= sizeof address.sun_path ||
            (path[0] != '/' && path[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, path, size);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* an abstract name */
    }
    FOVEA_AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        /* Nobody to be told that it cannot be told. */
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    }
}

void
fovea_http_notify_reloading(void)
{
    char state[80];
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
            fovea_clock_ns() / 1000);
    fovea_http_notify(state);
}

/* A variable's number, if it is about this process. */
static uint64_t
own_number(const char *name, const char *pid_name)
{
    uint64_t pid = 0;
    uint64_t number = 0;
    const char *pid_text = variable(pid_name);
    if (pid_text &&
            (!fovea_number_parse(pid_text, &pid) ||
                    pid != (uint64_t)getpid())) {
        return 0;
    }
    const char *text = variable(name);
    return text && fovea_number_parse(text, &number) ? number : 0;
}

int64_t
fovea_http_notify_watchdog_ns(void)
{
    uint64_t usec = own_number("WATCHDOG_USEC", "WATCHDOG_PID");
    return usec < INT64_MAX / 1000 ? (int64_t)usec * 1000 / 2 : 0;
}

int
fovea_http_notify_listeners(int *n_out)
{
    enum {
        MOST = 64
    };
    uint64_t n =
            variable("LISTEN_PID") ? own_number("LISTEN_FDS", "LISTEN_PID") : 0;
    *n_out = n <= MOST ? (int)n : 0;
    for (int i = 0; i < *n_out; i++) {
        (void)fcntl(FIRST_LISTENER + i, F_SETFD, FD_CLOEXEC);
    }
    return FIRST_LISTENER;
}
