/* What a server is told at its start; all of it resolved, nothing is a
   "default" any more. Strings are borrowed and outlive the server. */
#ifndef FOVEA_SERVER_SETTINGS_H
#define FOVEA_SERVER_SETTINGS_H

#include "fovea/fovea.h"

#include "http/http_log.h"

enum {
    FOVEA_DEFAULT_PORT = 8080,
    FOVEA_DEFAULT_MAX_CONNECTIONS = 1024,
    FOVEA_MAX_SERVED_MODELS = 64
};

#define FOVEA_DEFAULT_MAX_BODY_BYTES    (UINT64_C(64) << 20)
#define FOVEA_DEFAULT_BODY_MEMORY_BYTES (UINT64_C(1) << 30)
#define FOVEA_DEFAULT_HEADER_NS         (INT64_C(10) * 1000000000)
#define FOVEA_DEFAULT_BODY_NS           (INT64_C(120) * 1000000000)
#define FOVEA_DEFAULT_KEEP_ALIVE_NS     (INT64_C(75) * 1000000000)
#define FOVEA_DEFAULT_DRAIN_NS          (INT64_C(30) * 1000000000)

struct fovea_server_settings {
    struct fovea_options library; /* on_event is the server's to set */
    const char *const *models;    /* [NAME=]KEY or [NAME=]DIR; the first one
                                     answers where a request names none */
    size_t n_models;              /* 1 to FOVEA_MAX_SERVED_MODELS */
    bool warm;                    /* workers before the first request */

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
    uint64_t body_memory_bytes; /* of all requests together */
    size_t max_items;           /* images of a request */
    unsigned max_connections;
    int64_t header_ns; /* a new connection until its request's head is here */
    int64_t keep_alive_ns; /* the same after an answer */
    int64_t body_ns;       /* a request's body may take */
    int64_t drain_ns;      /* SIGTERM lets requests go on */

    enum fovea_log_format log_format;
    const char *log_file; /* NULL: stderr */
    bool log_quiet;       /* no line a request */
    bool log_verbose;     /* what happens to workers too */
};

#endif
