/* The client, and requests that are answered with a text: see client.h. */
#include "source/client.h"

#include <string.h>

#include "base/error.h"
#include "source/client_patience.h"
#include "source/libcurl.h"

enum fovea_status
fovea_client_create(const struct fovea_client_settings *settings,
        struct fovea_client **client_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_client *client = calloc(1, sizeof *client);
    FOVEA_AUTO_FREE char *user_agent = strdup(settings->url.user_agent);
    if (!client || !user_agent) {
        return fovea_fail_memory(err, sizeof *client, "a client");
    }
    enum fovea_status status = fovea_libcurl_start(err);
    if (status) {
        return status;
    }
    client->settings = *settings;
    client->user_agent = FOVEA_TAKE(user_agent);
    client->settings.url.user_agent = client->user_agent;
    (void)pthread_mutex_init(&client->mutex, NULL);
    *client_out = FOVEA_TAKE(client);
    return FOVEA_OK;
}

void
fovea_client_destroy(struct fovea_client *client)
{
    if (!client) {
        return;
    }
    for (unsigned i = 0; i < client->n_resting; i++) {
        curl_easy_cleanup(client->resting[i]);
    }
    curl_global_cleanup();
    (void)pthread_mutex_destroy(&client->mutex);
    free(client->user_agent);
    free(client);
}

/* The body of an answer into a text. */
static bool
receive_text(void *context, long code, const char *bytes, size_t n,
        struct fovea_error *result)
{
    const struct fovea_http_request *request = context;
    struct fovea_text *text = request->text;
    if (!text) {
        return true;
    }
    if (n > request->max_text_bytes - text->size) {
        if (fovea_is_good(code)) {
            (void)fovea_fail(result, FOVEA_ERR_FETCH_STATUS,
                    "the answer has more than %zu bytes",
                    request->max_text_bytes);
        }
        return false; /* of what comes with an error the beginning will do */
    }
    fovea_text_add(text, bytes, n);
    if (fovea_text_failed(text)) {
        (void)fovea_fail_memory(result, n, "an answer");
        return false;
    }
    return true;
}

enum fovea_status
fovea_client_perform(struct fovea_client *client,
        const struct fovea_http_request *request, long *code_out,
        struct fovea_error *err)
{
    /* A mutable copy for the callback, which takes no const. */
    struct fovea_http_request asked = *request;
    struct fovea_patience patience;
    fovea_patience_begin(&patience);
    for (;;) {
        struct fovea_client_try try = {
            .client = client,
            .request = request,
            .receive = receive_text,
            .context = &asked,
        };
        if (request->text) {
            fovea_text_clear(request->text);
        }
        enum fovea_status status = fovea_client_try(&try, err);
        if (!fovea_patience_try_again(&patience, &try, &status, err)) {
            if (!status) {
                *code_out = try.code;
            }
            return status;
        }
    }
}
