/*
 * A small HTTP server for tests, in threads of the test, on a free port of
 * 127.0.0.1. What it does is in the path:
 *
 *     /bytes/N          N bytes, byte i is server_byte(i)
 *     /file             the file that server_serve() was given
 *     /chunked/N        the same in chunks, without a length
 *     /pause/MS/N       N bytes after a while
 *     /held/N           N bytes after server_let_go()
 *     /cut/N            half of the N bytes that it announces
 *     /claim/N          announces N bytes, sends a few, stays silent
 *     /endless          bytes until nobody listens
 *     /silent           no answer
 *     /status/CODE      that status, with a body
 *     /busy/CODE/N/S    N times that status and Retry-After: S; then /bytes/10
 *     /hops/N           a redirect to /hops/N-1; /hops/0 is /bytes/10
 *     /to/URL           a redirect there
 *     /nowhere          a redirect without a target
 *     /extensions       a chunk that never begins
 *     /headers          header lines until nobody listens
 *     /nonsense         no HTTP
 */
#ifndef FOVEA_SUPPORT_SERVER_H
#define FOVEA_SUPPORT_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct server;

struct server *server_start(void);

/** Ends all connections. */
void server_stop(struct server *server);

unsigned server_port(const struct server *server);

/** What is held is answered, and what comes later does not wait. */
void server_let_go(struct server *server);

/** Serve bytes as /file; borrowed. */
void server_serve(struct server *server, const void *bytes, size_t size);

/** Answer a path with this head ("200 OK\r\nETag: x", without a final line end
 *  and without a length) and bytes; all borrowed. At most 8. */
void server_put(struct server *server, const char *path, const char *head,
        const void *bytes, size_t size);

/** Requests that were answered at the same time, at most so far. */
unsigned server_most(struct server *server);

/** Connections that were made so far. */
unsigned server_connections(struct server *server);

/** Requests that have come so far. */
unsigned server_requests(struct server *server);

/** The last request as it came, head only. */
void server_last(struct server *server, char *text, size_t size);

uint8_t server_byte(uint64_t i);

/** For a group of tests: start() and stop(), which put a server into the
 *  variable and stop it. */
#define SERVER_FIXTURE(server)     \
    static int start(void **state) \
    {                              \
        (void)state;               \
        (server) = server_start(); \
        return 0;                  \
    }                              \
    static int stop(void **state)  \
    {                              \
        (void)state;               \
        server_stop(server);       \
        return 0;                  \
    }

#endif
