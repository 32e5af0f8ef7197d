/* What the client (client.h) is told, and what comes of it. */
#ifndef FOVEA_SOURCE_EXCHANGE_H
#define FOVEA_SOURCE_EXCHANGE_H

#include "fovea/options.h"

#include "base/text.h"
#include "source/signature.h"
#include "sys/input.h"

enum {
    FOVEA_ETAG_VALUE_SIZE = 128,
    FOVEA_FIELD_SIZE = 132
};

/** Asked during requests, about once a second, and during pauses, from the thread
 *  that called; true: FOVEA_ERR_CANCELLED. */
typedef bool fovea_stop_fn(void *context);

struct fovea_client_settings {
    struct fovea_url_options
            url;            /* resolved; its user_agent is copied. total_ns
                                     is how long nothing may come or go */
    int64_t first_pause_ns; /* 0: half a second */
    fovea_stop_fn *stop;    /* NULL: nothing stops it */
    void *context;
};

/** A header of an answer that somebody wants to know. */
struct fovea_http_field {
    const char *name;
    char value[FOVEA_FIELD_SIZE]; /* "": it has none, or a longer one */
};

/** A request. Everything is borrowed for the call. */
struct fovea_http_request {
    const char *method; /* "GET", "HEAD", "PUT", "DELETE" */
    const char *url;
    const char *trusted_host; /* fovea_easy_aim(); NULL: none */
    struct fovea_signer signer;
    bool goes_direct;     /* through no proxy */
    bool keeps_to_server; /* follows no redirect; so does what is signed */
    const char *const *headers; /* "Name: value" */
    size_t n_headers;
    const struct fovea_input *body;  /* of a PUT; NULL: none */
    const char *body_sha256;         /* of it, if signed */
    struct fovea_http_field *fields; /* filled in from the answer */
    size_t n_fields;
    struct fovea_text *text; /* gets the body of the answer, of any status */
    size_t max_text_bytes;
};

/** Bytes that came, in order. False, with err filled in, ends the download with
 *  that failure. */
typedef bool fovea_receive_fn(void *context, const void *bytes, size_t n,
        struct fovea_error *err);

/** What is downloaded. Everything is borrowed for the call. */
struct fovea_download {
    const char *url;
    const char *trusted_host;
    struct fovea_signer signer;
    uint64_t offset;  /* of the first byte */
    uint64_t size;    /* bytes at most; 0: to the end */
    const char *etag; /* the version that it must be; NULL: any */
    struct fovea_http_field *fields;
    size_t n_fields;
    fovea_receive_fn *receive;
    void *context;
};

/** What came. */
struct fovea_downloaded {
    long code; /* of the last answer: 200 or 206 if it is all right */
    char etag[FOVEA_ETAG_VALUE_SIZE]; /* with its quotes; "": it says none */
    uint64_t whole_size;              /* of all of it; UINT64_MAX: not known */
    uint64_t n_bytes;                 /* that were received */
    bool is_receivers;                /* the failure is what receive() said */
    struct fovea_text
            text; /* what comes with a bad status, its beginning; to be
                               finished by the caller */
};

#endif
