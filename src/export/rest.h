/*
 * Requests with JSON to a server, one after the other over one connection.
 *
 * What may be better the next time (no connection, an answer cut off, 429, 500 and
 * above) is asked again, after a pause that doubles, or that the server asks for.
 */
#ifndef FOVEA_EXPORT_REST_H
#define FOVEA_EXPORT_REST_H

#include <curl/curl.h>

#include "base/text.h"
#include "export/format.h"

enum {
    FOVEA_REST_TRIES = 6
};

struct fovea_rest {
    const struct fovea_export_settings *settings;
    bool is_started; /* libcurl */
    CURL *easy;
    struct curl_slist *headers;
    struct fovea_text answer; /* the body of the last one */
    bool is_too_long;
    char message[CURL_ERROR_SIZE];
};

/** Begin. key goes to the server as api-key; NULL: none. Always to be finished.
 *  FOVEA_ERR_FETCH, FOVEA_ERR_URL, FOVEA_ERR_ARGUMENT for a key with control
 *  characters, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_rest_open(struct fovea_rest *rest,
        const struct fovea_export_settings *settings, const char *key,
        struct fovea_error *err);

/**
 * Ask.
 *
 * @param path      With a slash before it, appended to the URL of the settings.
 * @param body      JSON; NULL: none.
 * @param code_out  The HTTP status, of 200 to 499; the answer is in rest->answer.
 * @return FOVEA_OK; FOVEA_ERR_FETCH, FOVEA_ERR_FETCH_TIMEOUT,
 *         FOVEA_ERR_FETCH_STATUS, FOVEA_ERR_FETCH_BUSY if it did not come to an
 *         answer in FOVEA_REST_TRIES; FOVEA_ERR_CANCELLED; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_rest_ask(struct fovea_rest *rest,
        const char *method, const char *path, const struct fovea_text *body,
        long *code_out, struct fovea_error *err);

void fovea_rest_finish(struct fovea_rest *rest);

#endif
