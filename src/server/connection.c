/* Connections: their records, and the times they may take. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "option/limits.h"
#include "server/inside.h"

/* For libmicrohttpd to read what came before the end; it has it already. */
#define HALF_CLOSED_NS (FOVEA_NS_PER_S / 20)

static void
name_peer(struct fovea_connection *connection)
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

static struct fovea_connection *
begin(struct fovea_server *server, struct MHD_Connection *mhd)
{
    struct fovea_connection *connection = calloc(1, sizeof *connection);
    const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!connection || !info) {
        free(connection);
        return NULL;
    }
    connection->server = server;
    connection->mhd = mhd;
    connection->fd = info->connect_fd;
    connection->is_control = server->arriving && server->arriving->is_control;
    name_peer(connection);
    connection->next = server->connections;
    if (connection->next) {
        connection->next->previous = connection;
    }
    server->connections = connection;
    server->n_connections++;
    connection->phase = FOVEA_PHASE_HEAD;
    connection->due_ns =
            fovea_later(fovea_clock_ns(), server->settings.header_ns);
    fovea_loop_watch_client(connection);
    return connection;
}

static void
end(struct fovea_connection *connection)
{
    struct fovea_server *server = connection->server;
    fovea_loop_unwatch_client(connection);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    server->n_connections--;
    free(connection);
}

void
fovea_connection_changed(void *context, struct MHD_Connection *mhd,
        void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = begin(context, mhd);
    } else if (*socket_context) {
        end(*socket_context);
        *socket_context = NULL;
    }
}

/* Whether more of a request is waited for. */
static bool
reads(enum fovea_phase phase)
{
    return phase == FOVEA_PHASE_HEAD || phase == FOVEA_PHASE_BODY;
}

void
fovea_connection_enter(struct fovea_connection *connection,
        enum fovea_phase phase)
{
    const struct fovea_server_settings *settings =
            &connection->server->settings;
    const int64_t times[] = {
        [FOVEA_PHASE_HEAD] = settings->keep_alive_ns,
        [FOVEA_PHASE_BODY] = settings->body_ns,
        [FOVEA_PHASE_WORK] = INT64_MAX,
        [FOVEA_PHASE_ANSWER] = settings->body_ns,
    };
    connection->phase = phase;
    connection->due_ns = fovea_later(fovea_clock_ns(),
            connection->is_half_closed && reads(phase) ? HALF_CLOSED_NS
                                                       : times[phase]);
}

void
fovea_connection_half_close(struct fovea_connection *connection)
{
    connection->is_half_closed = true;
    if (reads(connection->phase)) {
        connection->due_ns = fovea_later(fovea_clock_ns(), HALF_CLOSED_NS);
    } else if (connection->exchange->stage == FOVEA_STAGE_WORKING) {
        fovea_exchange_lose_client(connection->exchange);
    }
}

void
fovea_connection_hang_up(struct fovea_connection *connection)
{
    struct fovea_exchange *exchange = connection->exchange;
    const struct fovea_answer *answer = &exchange->answer;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_text_format(&text,
            "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\n"
            "X-Request-Id: %s\r\nX-Should-Retry: %s\r\nConnection: close\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            answer->http, MHD_get_reason_phrase_for(answer->http), exchange->id,
            fovea_answer_retries(answer), answer->text.size,
            answer->text.data ? answer->text.data : "");
    if (!fovea_text_failed(&text)) {
        exchange->sent_bytes = answer->text.size;
        (void)send(connection->fd, text.data, text.size,
                MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
}

static void
expire(struct fovea_connection *connection)
{
    struct fovea_exchange *exchange = connection->exchange;
    int n_unread = 0;
    if (connection->is_half_closed &&
            ioctl(connection->fd, FIONREAD, &n_unread) == 0 && n_unread > 0) {
        connection->due_ns = fovea_later(fovea_clock_ns(), HALF_CLOSED_NS);
        return;
    }
    connection->due_ns = INT64_MAX;
    if (!exchange || connection->phase == FOVEA_PHASE_ANSWER) {
        /* Idle, or nobody reads the answer: there is nothing to say. */
        (void)shutdown(connection->fd, SHUT_RDWR);
        return;
    }
    if (connection->is_half_closed) {
        fovea_exchange_cut_short(exchange);
        return;
    }
    if (exchange->answer.http == 0) {
        bool is_body = connection->phase == FOVEA_PHASE_BODY;
        fovea_answer_fail(&exchange->answer, FOVEA_ERR_BODY_TIMEOUT, "",
                "the %s did not come within the time for it %s",
                is_body ? "body" : "head",
                fovea_limit_by(is_body ? FOVEA_LIMIT_BODY_TIME
                                       : FOVEA_LIMIT_HEADER_TIME));
    }
    fovea_connection_hang_up(connection);
}

int64_t
fovea_connection_expire(struct fovea_server *server, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (struct fovea_connection *connection = server->connections; connection;
            connection = connection->next) {
        if (connection->due_ns <= now_ns) {
            expire(connection);
        }
        next_ns = connection->due_ns < next_ns ? connection->due_ns : next_ns;
    }
    return next_ns;
}
