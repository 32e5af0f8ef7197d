/*
 * Asking the Hugging Face hub: one connection, one request after the other.
 *
 * The token goes to the endpoint only, never to where it redirects. What fails
 * on the way is tried again a few times, but not the first contact: whoever has
 * no network, or has mistyped the endpoint, is told at once.
 */
#ifndef FOVEA_HUB_HUB_H
#define FOVEA_HUB_HUB_H

#include <stdint.h>

#include <curl/curl.h>

#include "fovea/pull.h"

#include "runtime/places.h"
#include "source/url.h"

enum {
    FOVEA_ETAG_SIZE = 136
};

struct fovea_hub {
    char *endpoint; /* without a slash at its end */
    struct fovea_url url;
    const char *key; /* borrowed; of the model, as is the revision */
    const char *revision;
    const struct fovea_pull_options *options;
    unsigned n_tries; /* 1 or more */
    bool has_token;
    struct curl_slist *headers;
    CURL *easy;
    bool is_started; /* libcurl */
    bool is_reached; /* it has answered something */

    /* What is being asked for. */
    const char *file; /* for progress; NULL: nothing to show */
    uint64_t have;    /* bytes of it that are here */
    uint64_t n_total;
    int64_t shown_ns;
    bool is_cancelled;
    char curl_message[CURL_ERROR_SIZE];
};

/** What the head of an answer says. */
struct fovea_hub_answer {
    long code;
    char reason[32];                /* X-Error-Code */
    char commit[FOVEA_COMMIT_SIZE]; /* "": not said, as with the others */
    char etag[FOVEA_ETAG_SIZE];     /* of the file itself, bare */
    uint64_t size;                  /* of the file; 0: not said */
};

/** Endpoint and token from the environment; no request yet. The hub is to be
 *  closed in any case. FOVEA_ERR_URL, FOVEA_ERR_FETCH, FOVEA_ERR_ARGUMENT (the
 *  token is none), FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_hub_open(struct fovea_hub *hub,
        const char *key, const struct fovea_pull_options *options,
        struct fovea_error *err);

void fovea_hub_close(struct fovea_hub *hub);

/** Get a text of at most max_size bytes; the caller frees it. */
FOVEA_NODISCARD enum fovea_status fovea_hub_get(struct fovea_hub *hub,
        const char *path, size_t max_size, char **text_out, size_t *size_out,
        struct fovea_error *err);

/** Ask about a file; does not follow redirects to other servers. */
FOVEA_NODISCARD enum fovea_status fovea_hub_head(struct fovea_hub *hub,
        const char *path, struct fovea_hub_answer *answer_out,
        struct fovea_error *err);

/**
 * Get what is missing of a file, going on where a try ended.
 *
 * @param fd     To be written; holds have bytes already.
 * @param total  0: not known.
 */
FOVEA_NODISCARD enum fovea_status fovea_hub_download(struct fovea_hub *hub,
        const char *path, int fd, uint64_t have, uint64_t total,
        struct fovea_error *err);

/** Tell how far it is, if it is time to. FOVEA_ERR_CANCELLED. */
FOVEA_NODISCARD enum fovea_status fovea_hub_show(struct fovea_hub *hub,
        struct fovea_error *err);

/** Tell that the file is here. FOVEA_ERR_CANCELLED. */
FOVEA_NODISCARD enum fovea_status fovea_hub_show_done(struct fovea_hub *hub,
        struct fovea_error *err);

/** Wait before another try. FOVEA_ERR_CANCELLED. */
FOVEA_NODISCARD enum fovea_status fovea_hub_pause(struct fovea_hub *hub,
        int64_t time_ns, struct fovea_error *err);

/* Inside: hub_request.c. */

/** A fresh request for endpoint + path, or for a whole URL. */
FOVEA_NODISCARD enum fovea_status fovea_hub_aim(struct fovea_hub *hub,
        const char *url, struct fovea_error *err);

/** Perform it. An HTTP status is no failure here. */
FOVEA_NODISCARD enum fovea_status fovea_hub_perform(struct fovea_hub *hub,
        struct fovea_hub_answer *answer_out, struct fovea_error *err);

/** The failure that an HTTP status means, with what to do about it. */
enum fovea_status fovea_hub_explain(const struct fovea_hub *hub,
        const struct fovea_hub_answer *answer, struct fovea_error *err);

#endif
