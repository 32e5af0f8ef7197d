/* The hub's address, the token, and progress: see hub.h. */
#include "hub/hub.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/libcurl.h"

enum {
    MAX_TOKEN_BYTES = 1024,
    DEFAULT_TRIES = 5
};

#define SHOW_EVERY_NS (50 * FOVEA_NS_PER_MS)

static enum fovea_status
find_endpoint(struct fovea_hub *hub, struct fovea_error *err)
{
    const char *chosen = fovea_place_variable("HF_ENDPOINT");
    hub->endpoint = strdup(chosen ? chosen : "https://huggingface.co");
    if (!hub->endpoint) {
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "the endpoint");
    }
    size_t size = strlen(hub->endpoint);
    while (size > 0 && hub->endpoint[size - 1] == '/') {
        hub->endpoint[--size] = 0;
    }
    enum fovea_status status =
            fovea_url_parse(hub->endpoint, NULL, &hub->url, err);
    if (status) {
        fovea_error_prefix(err, "HF_ENDPOINT");
    }
    return status;
}

/* $HF_TOKEN, or what huggingface_hub's login left; "" if there is none. */
static enum fovea_status
read_token(char token_out[MAX_TOKEN_BYTES], struct fovea_error *err)
{
    token_out[0] = 0;
    const char *token = fovea_place_variable("HF_TOKEN");
    if (!token) {
        token = fovea_place_variable("HUGGING_FACE_HUB_TOKEN");
    }
    if (token) {
        (void)snprintf(token_out, MAX_TOKEN_BYTES, "%s", token);
    } else {
        const char *chosen = fovea_place_variable("HF_TOKEN_PATH");
        FOVEA_AUTO_FREE char *path =
                chosen ? strdup(chosen) : fovea_place_in_hub_home("token");
        FILE *file = path ? fopen(path, "re") : NULL;
        if (file) {
            size_t n = fread(token_out, 1, MAX_TOKEN_BYTES - 1, file);
            (void)fclose(file);
            token_out[n] = 0;
        }
    }
    static const char blanks[] = " \t\r\n";
    size_t begin = strspn(token_out, blanks);
    size_t size = strcspn(token_out + begin, blanks);
    bool is_one =
            !token_out[begin + size + strspn(token_out + begin + size, blanks)];
    memmove(token_out, token_out + begin, size);
    token_out[size] = 0;
    if (!is_one ||
            strspn(token_out,
                    "abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "0123456789-._~+/=") != size) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "what is in HF_TOKEN, or in the file with the token, is not a "
                "token of the hub");
    }
    return FOVEA_OK;
}

static enum fovea_status
add_header(struct fovea_hub *hub, const char *header, struct fovea_error *err)
{
    struct curl_slist *longer = curl_slist_append(hub->headers, header);
    if (!longer) {
        return fovea_fail_memory(err, strlen(header), "a request");
    }
    hub->headers = longer;
    return FOVEA_OK;
}

static enum fovea_status
make_headers(struct fovea_hub *hub, struct fovea_error *err)
{
    char token[MAX_TOKEN_BYTES];
    enum fovea_status status = read_token(token, err);
    if (!status) {
        /* Sizes and ranges are those of the file itself. */
        status = add_header(hub, "Accept-Encoding: identity", err);
    }
    if (status || !token[0]) {
        return status;
    }
    char header[MAX_TOKEN_BYTES + 32];
    (void)snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    hub->has_token = true;
    return add_header(hub, header, err);
}

enum fovea_status
fovea_hub_open(struct fovea_hub *hub, const char *key,
        const struct fovea_pull_options *options, struct fovea_error *err)
{
    *hub = (struct fovea_hub){
        .key = key,
        .revision = options->revision ? options->revision : "main",
        .options = options,
        .n_tries = options->n_tries ? options->n_tries : DEFAULT_TRIES,
    };
    enum fovea_status status = fovea_libcurl_start(err);
    if (status) {
        return status;
    }
    hub->is_started = true;
    status = find_endpoint(hub, err);
    if (!status) {
        status = make_headers(hub, err);
    }
    if (!status) {
        hub->easy = curl_easy_init();
        status = hub->easy
                ? FOVEA_OK
                : fovea_fail_memory(err, sizeof *hub, "a connection");
    }
    return status;
}

void
fovea_hub_close(struct fovea_hub *hub)
{
    curl_easy_cleanup(hub->easy);
    curl_slist_free_all(hub->headers);
    fovea_url_finish(&hub->url);
    free(hub->endpoint);
    if (hub->is_started) {
        curl_global_cleanup();
    }
    *hub = (struct fovea_hub){ 0 };
}

static bool
tell(struct fovea_hub *hub, uint64_t n_bytes)
{
    const struct fovea_pull_options *options = hub->options;
    hub->shown_ns = fovea_clock_ns();
    return !options->progress ||
            options->progress(options->context, hub->file ? hub->file : "",
                    n_bytes, hub->n_total);
}

static enum fovea_status
go_on(struct fovea_hub *hub, struct fovea_error *err)
{
    return hub->is_cancelled ? fovea_fail(err, FOVEA_ERR_CANCELLED,
                                       "%s: broken off; what came is kept for "
                                       "the next time",
                                       hub->key)
                             : FOVEA_OK;
}

enum fovea_status
fovea_hub_show(struct fovea_hub *hub, struct fovea_error *err)
{
    if (!hub->is_cancelled &&
            fovea_clock_ns() - hub->shown_ns >= SHOW_EVERY_NS) {
        /* All of it is said once only, when it is checked. */
        bool is_all = hub->n_total > 0 && hub->have >= hub->n_total;
        hub->is_cancelled = !tell(hub, is_all ? hub->n_total - 1 : hub->have);
    }
    return go_on(hub, err);
}

enum fovea_status
fovea_hub_show_done(struct fovea_hub *hub, struct fovea_error *err)
{
    hub->n_total = hub->have;
    hub->is_cancelled = hub->is_cancelled || !tell(hub, hub->have);
    return go_on(hub, err);
}

enum fovea_status
fovea_hub_pause(struct fovea_hub *hub, int64_t time_ns, struct fovea_error *err)
{
    int64_t end_ns = fovea_clock_ns() + time_ns;
    enum fovea_status status = FOVEA_OK;
    while (!status && fovea_clock_ns() < end_ns) {
        const struct timespec step = { .tv_nsec = SHOW_EVERY_NS };
        (void)nanosleep(&step, NULL);
        status = fovea_hub_show(hub, err);
    }
    return status;
}
