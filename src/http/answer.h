/* What a request is answered with, before it is on its way. */
#ifndef FOVEA_HTTP_ANSWER_H
#define FOVEA_HTTP_ANSWER_H

#include "base/text.h"
#include "http/complaint.h"

enum {
    FOVEA_HTTP_ETAG_SIZE = 72
};

struct fovea_http_header {
    const char *name;
    const char *value;
};

/** What is always answered with the same bytes. */
struct fovea_http_file {
    const char *type; /* of its content */
    const char *etag; /* with its quotes; changes with the content */
    /* Never written to: not const because libmicrohttpd, which only reads it,
       asks for that. */
    unsigned char *bytes;
    size_t size;
};

/** All zero: nothing is known yet. */
struct fovea_http_answer {
    unsigned http;    /* 0: none yet */
    const char *type; /* of the text; NULL: JSON */
    struct fovea_text text;
    const struct fovea_http_file *file; /* instead of the text */
    char etag[FOVEA_HTTP_ETAG_SIZE]; /* of the text, with its quotes, if it is
                                           good when asked for again; "" */
    const struct fovea_http_header
            *headers;       /* of the file, or of a text with an
                                                etag; a NULL name ends */
    const char *allow;      /* methods, of a 405; static */
    unsigned retry_after_s; /* 0: not said */
    enum fovea_status code; /* what it tells of; for the log */
};

/** {"error":{...}} with the HTTP status of the code. Replaces what there was. */
void fovea_http_answer_error(struct fovea_http_answer *answer,
        const struct fovea_http_complaint *complaint);

/** The same of a code and a message, as for printf. */
void fovea_http_answer_fail(struct fovea_http_answer *answer,
        enum fovea_status code, const char *param, const char *format, ...)
        FOVEA_PRINTF(4, 5);

/** The object inside, for an item too: {"message":...,"type":...,"param":...,
 *  "code":...}. */
void fovea_http_answer_error_object(struct fovea_text *text,
        const struct fovea_http_complaint *complaint);

/** The text is complete: 200, or no_memory if it could not be made. */
void fovea_http_answer_done(struct fovea_http_answer *answer);

/** "true" or "false": whether the same request may succeed later. OpenAI's
 *  clients go by that before they go by the status. */
const char *fovea_http_answer_retries(const struct fovea_http_answer *answer);

void fovea_http_answer_finish(struct fovea_http_answer *answer);

#endif
