/* What a server of HTTP is told at its start; all of it resolved, nothing is a
   "default" any more. Strings are borrowed and outlive it. */
#ifndef FOVEA_HTTP_HTTP_SETTINGS_H
#define FOVEA_HTTP_HTTP_SETTINGS_H

#include "http/http_log.h"
#include "http/route.h"

struct fovea_http_settings {
    const char *host;         /* NULL: no TCP */
    uint16_t port;            /* 0: the kernel chooses */
    const char *unix_path;    /* NULL: none */
    const char *api_key;      /* NULL: none */
    const char *api_key_file; /* NULL: none; read again at a reload */
    bool no_auth;             /* a public address without keys is fine */
    const char *allowed_host; /* that requests may be for, beside addresses and
                                 localhost, where no key is asked for; NULL */
    const char *cors_origin;  /* of pages that may ask; "*": all; NULL: none */

    uint64_t max_body_bytes;    /* of a request */
    unsigned max_body_ratio;    /* of a packed one's size, to its own */
    uint64_t body_memory_bytes; /* of all requests together */
    unsigned max_connections;
    int64_t header_ns; /* a new connection until its request's head is here */
    int64_t keep_alive_ns; /* the same after an answer */
    int64_t body_ns;       /* a request's body may take */
    int64_t drain_ns;      /* SIGTERM lets requests go on */
    /* Signals and the word to systemd are the program's: it is stopped by
       fovea_http_stop() alone. */
    bool leaves_signals;

    enum fovea_http_log_format log_format;
    const char *log_file; /* NULL: stderr */
    bool log_quiet;       /* no line a request */
    bool log_verbose;     /* probes that go well, what libmicrohttpd says */

    struct fovea_http_routes routes;
    void *context; /* the exchanges' */
    /* Completions were read, or the loop was woken: on its thread. */
    void (*woken)(void *context);
};

#endif
