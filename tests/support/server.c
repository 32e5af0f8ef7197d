/* A small HTTP server for tests: see server.h. */
#include "server.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"

enum {
    MAX_CONNECTIONS = 1024,
    MAX_PAGES = 16,
    REQUEST_SIZE = 4096
};

struct connection {
    struct server *server;
    int fd;
    pthread_t thread;
};

/* What server_put() was given. */
struct page {
    const char *path;
    const char *head;
    const void *bytes;
    size_t size;
};

struct server {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t mutex;
    /* Guarded by it. */
    struct connection connections[MAX_CONNECTIONS]; /* no memory is taken
                                                       while tests make it fail */
    size_t n_connections;
    unsigned n_busy;
    unsigned most;
    unsigned n_requests;
    unsigned n_put_off; /* in a row */
    char last[REQUEST_SIZE];
    const void *bytes;
    size_t size;
    struct page pages[MAX_PAGES];
    size_t n_pages;
    atomic_bool is_stopping;
    atomic_bool lets_go;
};

uint8_t
server_byte(uint64_t i)
{
    return (uint8_t)(i * 7 % 251);
}

static bool
send_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool
send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

static bool
send_head(int fd, uint64_t size)
{
    char head[128];
    (void)snprintf(head, sizeof head,
            "HTTP/1.1 200 OK\r\nContent-Length: %" PRIu64 "\r\n\r\n", size);
    return send_text(fd, head);
}

static bool
send_pattern(int fd, uint64_t begin, uint64_t end)
{
    while (begin < end) {
        uint8_t block[4096];
        size_t n = end - begin < sizeof block ? (size_t)(end - begin)
                                              : sizeof block;
        for (size_t i = 0; i < n; i++) {
            block[i] = server_byte(begin + i);
        }
        if (!send_all(fd, block, n)) {
            return false;
        }
        begin += n;
    }
    return true;
}

/* Until the client or the server goes. */
static bool
stay_silent(int fd)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    char byte;
    (void)poll(&wait, 1, -1);
    (void)!recv(fd, &byte, 1, 0);
    return false;
}

static bool
answer_bytes(int fd, uint64_t n)
{
    return send_head(fd, n) && send_pattern(fd, 0, n);
}

static bool
answer_chunked(int fd, uint64_t n)
{
    if (!send_text(fd,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) {
        return false;
    }
    for (uint64_t at = 0; at < n; at += 1000) {
        uint64_t end = at + 1000 < n ? at + 1000 : n;
        char head[32];
        (void)snprintf(head, sizeof head, "%" PRIx64 "\r\n", end - at);
        if (!send_text(fd, head) || !send_pattern(fd, at, end) ||
                !send_text(fd, "\r\n")) {
            return false;
        }
    }
    return send_text(fd, "0\r\n\r\n");
}

static bool
answer_endlessly(int fd, const char *head)
{
    char block[4096];
    memset(block, 'a', sizeof block);
    bool goes_on = send_text(fd, "HTTP/1.1 200 OK\r\n") && send_text(fd, head);
    while (goes_on) {
        goes_on = send_all(fd, block, sizeof block);
    }
    return false;
}

static bool
answer_headers(int fd)
{
    char line[1000];
    memset(line, 'a', sizeof line);
    memcpy(line, "X-A: ", 5);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    bool goes_on = send_text(fd, "HTTP/1.1 200 OK\r\n");
    while (goes_on) {
        goes_on = send_all(fd, line, sizeof line);
    }
    return false;
}

static bool
answer_redirect(int fd, const char *target)
{
    char head[REQUEST_SIZE + 128];
    (void)snprintf(head, sizeof head,
            "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 5\r\n\r\n"
            "moved",
            target);
    return send_text(fd, head);
}

static bool
answer_hop(int fd, uint64_t n)
{
    char target[32];
    (void)snprintf(target, sizeof target, "/hops/%" PRIu64, n - 1);
    return n ? answer_redirect(fd, target) : answer_bytes(fd, 10);
}

static bool
answer_status(int fd, uint64_t code)
{
    char head[128];
    (void)snprintf(head, sizeof head,
            "HTTP/1.1 %" PRIu64 " Whatever\r\nContent-Length: 4\r\n\r\nbody",
            code);
    return send_text(fd, head);
}

/* "CODE/N/S": the first n requests are put off. */
static bool
answer_busy(struct server *server, int fd, const char *numbers)
{
    char *end = NULL;
    unsigned long code = strtoul(numbers, &end, 10);
    unsigned long n = strtoul(end + 1, &end, 10);
    (void)pthread_mutex_lock(&server->mutex);
    bool is_later = server->n_put_off < n;
    server->n_put_off = is_later ? server->n_put_off + 1 : 0;
    (void)pthread_mutex_unlock(&server->mutex);
    char head[128];
    (void)snprintf(head, sizeof head,
            "HTTP/1.1 %lu Later\r\nRetry-After: %.20s\r\n"
            "Content-Length: 4\r\n\r\nbody",
            code, end + 1);
    return is_later ? send_text(fd, head) : answer_bytes(fd, 10);
}

static bool
answer_pause(int fd, const char *numbers)
{
    char *end = NULL;
    long ms = strtol(numbers, &end, 10);
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
    return answer_bytes(fd, strtoull(end + 1, NULL, 10));
}

static bool
answer_held(struct server *server, int fd, uint64_t n)
{
    const struct timespec time = { .tv_nsec = 1000000 };
    while (!atomic_load(&server->lets_go) &&
            !atomic_load(&server->is_stopping)) {
        (void)nanosleep(&time, NULL);
    }
    return answer_bytes(fd, n);
}

static bool
answer_file(struct server *server, int fd)
{
    (void)pthread_mutex_lock(&server->mutex);
    const void *bytes = server->bytes;
    size_t size = server->size;
    (void)pthread_mutex_unlock(&server->mutex);
    return send_head(fd, size) && send_all(fd, bytes, size);
}

static const char *
behind(const char *path, const char *start)
{
    size_t size = strlen(start);
    return strncmp(path, start, size) == 0 ? path + size : NULL;
}

static uint64_t
number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static const struct page *
find_page(struct server *server, const char *path)
{
    const struct page *found = NULL;
    (void)pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->n_pages; i++) {
        if (strcmp(server->pages[i].path, path) == 0) {
            found = &server->pages[i];
        }
    }
    (void)pthread_mutex_unlock(&server->mutex);
    return found;
}

static bool
answer_page(int fd, const struct page *page, bool is_head)
{
    if (!page->head) {
        return send_all(fd, page->bytes, page->size) && false;
    }
    char head[REQUEST_SIZE];
    (void)snprintf(head, sizeof head,
            "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", page->head,
            page->size);
    return send_text(fd, head) &&
            (is_head || send_all(fd, page->bytes, page->size));
}

/* Whether the connection goes on. */
static bool
answer_path(struct server *server, int fd, const char *path)
{
    const char *rest = NULL;
    if ((rest = behind(path, "/bytes/"))) {
        return answer_bytes(fd, number(rest));
    }
    if ((rest = behind(path, "/chunked/"))) {
        return answer_chunked(fd, number(rest));
    }
    if ((rest = behind(path, "/pause/"))) {
        return answer_pause(fd, rest);
    }
    if ((rest = behind(path, "/held/"))) {
        return answer_held(server, fd, number(rest));
    }
    if ((rest = behind(path, "/cut/"))) {
        return send_head(fd, number(rest)) &&
                send_pattern(fd, 0, number(rest) / 2) && false;
    }
    if ((rest = behind(path, "/claim/"))) {
        return send_head(fd, number(rest)) && send_pattern(fd, 0, 10) &&
                stay_silent(fd);
    }
    if ((rest = behind(path, "/status/"))) {
        return answer_status(fd, number(rest));
    }
    if ((rest = behind(path, "/busy/"))) {
        return answer_busy(server, fd, rest);
    }
    if ((rest = behind(path, "/hops/"))) {
        return answer_hop(fd, number(rest));
    }
    if ((rest = behind(path, "/to/"))) {
        return answer_redirect(fd, rest);
    }
    if (strcmp(path, "/file") == 0) {
        return answer_file(server, fd);
    }
    if (strcmp(path, "/endless") == 0) {
        return answer_endlessly(fd, "\r\n");
    }
    if (strcmp(path, "/extensions") == 0) {
        return answer_endlessly(fd, "Transfer-Encoding: chunked\r\n\r\n1;");
    }
    if (strcmp(path, "/headers") == 0) {
        return answer_headers(fd);
    }
    if (strcmp(path, "/silent") == 0) {
        return stay_silent(fd);
    }
    if (strcmp(path, "/nonsense") == 0) {
        return send_text(fd, "220 mail.example.org ESMTP\r\n") && false;
    }
    return answer_status(fd, strcmp(path, "/nowhere") == 0 ? 302 : 404);
}

/* A request's head; false at the end of the connection. */
static bool
read_request(int fd, char request[REQUEST_SIZE])
{
    size_t size = 0;
    request[0] = 0;
    while (!strstr(request, "\r\n\r\n")) {
        ssize_t n = size + 1 < REQUEST_SIZE
                ? recv(fd, request + size, REQUEST_SIZE - 1 - size, 0)
                : 0;
        if (n <= 0) {
            return false;
        }
        size += (size_t)n;
        request[size] = 0;
    }
    return true;
}

static void
count_request(struct server *server, const char *request)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->n_requests++;
    server->n_busy++;
    server->most =
            server->n_busy > server->most ? server->n_busy : server->most;
    (void)snprintf(server->last, sizeof server->last, "%s", request);
    (void)pthread_mutex_unlock(&server->mutex);
}

static void *
serve(void *context)
{
    struct connection *connection = context;
    struct server *server = connection->server;
    char request[REQUEST_SIZE];
    bool goes_on = true;
    while (goes_on && read_request(connection->fd, request)) {
        count_request(server, request);
        /* "GET /path HTTP/1.1" */
        char *path = strchr(request, ' ');
        char *end = path ? strchr(path + 1, ' ') : NULL;
        if (end) {
            *end = 0;
        }
        path = path ? path + 1 : NULL;
        if (end) {
            path[strcspn(path, "?")] = 0;
        }
        const struct page *page = end ? find_page(server, path) : NULL;
        goes_on = page ? answer_page(connection->fd, page,
                                 strncmp(request, "HEAD ", 5) == 0)
                       : end && answer_path(server, connection->fd, path);
        (void)pthread_mutex_lock(&server->mutex);
        server->n_busy--;
        (void)pthread_mutex_unlock(&server->mutex);
    }
    (void)shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static void
add_connection(struct server *server, int fd)
{
    (void)pthread_mutex_lock(&server->mutex);
    FOVEA_ASSERT(server->n_connections < MAX_CONNECTIONS);
    struct connection *connection =
            &server->connections[server->n_connections++];
    *connection = (struct connection){ .server = server, .fd = fd };
    (void)pthread_mutex_unlock(&server->mutex);
    FOVEA_ASSERT(!pthread_create(&connection->thread, NULL, serve, connection));
}

static void *
listen_on(void *context)
{
    struct server *server = context;
    while (!atomic_load(&server->is_stopping)) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            /* Head and body are sent apart: no waiting for each other. */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
                    sizeof(int));
            add_connection(server, fd);
        }
    }
    return NULL;
}

struct server *
server_start(void)
{
    struct server *server = calloc(1, sizeof *server);
    FOVEA_ASSERT(server);
    (void)pthread_mutex_init(&server->mutex, NULL);
    struct sockaddr_in address = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FOVEA_ASSERT(bind(server->fd, (struct sockaddr *)&address, size) == 0);
    FOVEA_ASSERT(listen(server->fd, 128) == 0);
    FOVEA_ASSERT(!getsockname(server->fd, (struct sockaddr *)&address, &size));
    server->port = ntohs(address.sin_port);
    FOVEA_ASSERT(!pthread_create(&server->thread, NULL, listen_on, server));
    return server;
}

void
server_stop(struct server *server)
{
    atomic_store(&server->is_stopping, true);
    (void)shutdown(server->fd, SHUT_RDWR); /* accept() returns */
    (void)pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->n_connections; i++) {
        const struct connection *connection = &server->connections[i];
        (void)shutdown(connection->fd, SHUT_RDWR);
        (void)pthread_join(connection->thread, NULL);
        (void)close(connection->fd);
    }
    (void)close(server->fd);
    (void)pthread_mutex_destroy(&server->mutex);
    free(server);
}

void
server_let_go(struct server *server)
{
    atomic_store(&server->lets_go, true);
}

unsigned
server_port(const struct server *server)
{
    return server->port;
}

void
server_serve(struct server *server, const void *bytes, size_t size)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->bytes = bytes;
    server->size = size;
    (void)pthread_mutex_unlock(&server->mutex);
}

void
server_put(struct server *server, const char *path, const char *head,
        const void *bytes, size_t size)
{
    (void)pthread_mutex_lock(&server->mutex);
    FOVEA_ASSERT(server->n_pages < MAX_PAGES);
    server->pages[server->n_pages++] = (struct page){ .path = path,
        .head = head,
        .bytes = bytes,
        .size = size };
    (void)pthread_mutex_unlock(&server->mutex);
}

static unsigned
read_count(struct server *server, const unsigned *count)
{
    (void)pthread_mutex_lock(&server->mutex);
    unsigned value = *count;
    (void)pthread_mutex_unlock(&server->mutex);
    return value;
}

unsigned
server_most(struct server *server)
{
    return read_count(server, &server->most);
}

unsigned
server_requests(struct server *server)
{
    return read_count(server, &server->n_requests);
}

unsigned
server_connections(struct server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    unsigned n = (unsigned)server->n_connections;
    (void)pthread_mutex_unlock(&server->mutex);
    return n;
}

void
server_last(struct server *server, char *text, size_t size)
{
    (void)pthread_mutex_lock(&server->mutex);
    (void)snprintf(text, size, "%s", server->last);
    (void)pthread_mutex_unlock(&server->mutex);
}
