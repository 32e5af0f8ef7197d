/* Connections: see connection.h. */
#include "http/connection.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "http/exchange.h"
#include "option/limits.h"

/* For libmicrohttpd to read what came before the end; it has it already. */
#define HALF_CLOSED_NS (FOVEA_NS_PER_S / 20)

static void
name_peer(struct fovea_http_connection *connection)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } address = { .any = { 0 } };
    socklen_t size = sizeof address;
    const void *ip = NULL;
    (void)snprintf(connection->peer, sizeof connection->peer, "unix");
    (void)getpeername(connection->fd, &address.any, &size);
    if (address.any.sa_family == AF_INET) {
        ip = &address.v4.sin_addr;
    } else if (address.any.sa_family == AF_INET6) {
        ip = &address.v6.sin6_addr;
    }
    if (ip) {
        (void)inet_ntop(address.any.sa_family, ip, connection->peer,
                sizeof connection->peer);
    }
}

struct fovea_http_connection *
fovea_http_connection_begin(struct fovea_http *http, struct MHD_Connection *mhd)
{
    struct fovea_http_connection *connection = calloc(1, sizeof *connection);
    const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!connection || !info) {
        free(connection);
        return NULL;
    }
    connection->http = http;
    connection->mhd = mhd;
    connection->fd = info->connect_fd;
    connection->is_control = http->arriving && http->arriving->is_control;
    name_peer(connection);
    connection->next = http->connections;
    if (connection->next) {
        connection->next->previous = connection;
    }
    http->connections = connection;
    http->n_connections++;
    connection->phase = FOVEA_HTTP_PHASE_HEAD;
    connection->due_ns =
            fovea_later(fovea_clock_ns(), http->settings.header_ns);
    /* Once, when it happens: libmicrohttpd does not see that a client sends
       nothing more where that comes along with data. Where it cannot be
       watched, time-outs do. */
    (void)fovea_http_poller_add(http->epoll, connection->fd,
            EPOLLRDHUP | EPOLLET, &connection->watched,
            (struct fovea_http_watched){ FOVEA_HTTP_TAG_CONNECTION,
                    connection });
    return connection;
}

void
fovea_http_connection_end(struct fovea_http_connection *connection)
{
    struct fovea_http *http = connection->http;
    fovea_http_poller_remove(http->epoll, connection->fd);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        http->connections = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    http->n_connections--;
    free(connection);
}

/* Whether more of a request is waited for. */
static bool
reads(enum fovea_http_phase phase)
{
    return phase == FOVEA_HTTP_PHASE_HEAD || phase == FOVEA_HTTP_PHASE_BODY;
}

void
fovea_http_connection_enter(struct fovea_http_connection *connection,
        enum fovea_http_phase phase)
{
    const struct fovea_http_settings *settings = &connection->http->settings;
    const int64_t times[] = {
        [FOVEA_HTTP_PHASE_HEAD] = settings->keep_alive_ns,
        [FOVEA_HTTP_PHASE_BODY] = settings->body_ns,
        [FOVEA_HTTP_PHASE_WORK] = INT64_MAX,
        [FOVEA_HTTP_PHASE_ANSWER] = settings->body_ns,
    };
    connection->phase = phase;
    connection->due_ns = fovea_later(fovea_clock_ns(),
            connection->is_half_closed && reads(phase) ? HALF_CLOSED_NS
                                                       : times[phase]);
}

void
fovea_http_connection_half_close(struct fovea_http_connection *connection)
{
    connection->is_half_closed = true;
    if (reads(connection->phase)) {
        connection->due_ns = fovea_later(fovea_clock_ns(), HALF_CLOSED_NS);
    } else if (connection->exchange->stage == FOVEA_HTTP_STAGE_WORKING) {
        fovea_http_exchange_lose_client(connection->exchange);
    }
}

void
fovea_http_connection_hang_up(struct fovea_http_connection *connection)
{
    struct fovea_http_exchange *exchange = connection->exchange;
    const struct fovea_http_answer *answer = &exchange->answer;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_text_format(&text,
            "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\n"
            "X-Request-Id: %s\r\nX-Should-Retry: %s\r\nConnection: close\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            answer->http, MHD_get_reason_phrase_for(answer->http), exchange->id,
            fovea_http_answer_retries(answer), answer->text.size,
            answer->text.data ? answer->text.data : "");
    if (!fovea_text_failed(&text)) {
        exchange->sent_bytes = answer->text.size;
        (void)send(connection->fd, text.data, text.size,
                MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
}

void
fovea_http_connection_cut_short(struct fovea_http_connection *connection)
{
    fovea_http_answer_fail(&connection->exchange->answer, FOVEA_ERR_ARGUMENT,
            "", "the request ends before it is complete");
    fovea_http_connection_hang_up(connection);
}

static void
expire(struct fovea_http_connection *connection)
{
    struct fovea_http_exchange *exchange = connection->exchange;
    int n_unread = 0;
    if (connection->is_half_closed &&
            ioctl(connection->fd, FIONREAD, &n_unread) == 0 && n_unread > 0) {
        connection->due_ns = fovea_later(fovea_clock_ns(), HALF_CLOSED_NS);
        return;
    }
    connection->due_ns = INT64_MAX;
    if (!exchange || connection->phase == FOVEA_HTTP_PHASE_ANSWER) {
        /* Idle, or nobody reads the answer: there is nothing to say. */
        (void)shutdown(connection->fd, SHUT_RDWR);
        return;
    }
    if (connection->is_half_closed) {
        fovea_http_connection_cut_short(connection);
        return;
    }
    if (exchange->answer.http == 0) {
        bool is_body = connection->phase == FOVEA_HTTP_PHASE_BODY;
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_BODY_TIMEOUT, "",
                "the %s did not come within the time for it %s",
                is_body ? "body" : "head",
                fovea_limit_by(is_body ? FOVEA_OPTION_BODY_TIME
                                       : FOVEA_OPTION_HEADER_TIME));
    }
    fovea_http_connection_hang_up(connection);
}

int64_t
fovea_http_connection_expire(struct fovea_http *http, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (struct fovea_http_connection *connection = http->connections;
            connection; connection = connection->next) {
        if (connection->due_ns <= now_ns) {
            expire(connection);
        }
        next_ns = connection->due_ns < next_ns ? connection->due_ns : next_ns;
    }
    return next_ns;
}
