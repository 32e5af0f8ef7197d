/* See remote.h. */
#include "bulk/remote.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "s3/pipe.h"
#include "s3/s3.h"

enum fovea_status
fovea_remote_init(struct fovea_remote *remote, const char *url,
        struct fovea_error *err)
{
    *remote = (struct fovea_remote){ .url = strdup(url), .fd = -1 };
    return remote->url ? FOVEA_OK
                       : fovea_fail_memory(err, strlen(url), "a name");
}

void
fovea_remote_finish(struct fovea_remote *remote)
{
    fovea_s3_pipe_close(remote->pipe); /* its thread reads the URL */
    if (remote->fd >= 0) {
        (void)close(remote->fd);
    }
    free(remote->url);
    *remote = (struct fovea_remote){ .fd = -1 };
}

bool
fovea_is_prefix(const char *word)
{
    static const char scheme[] = "s3://";
    size_t size = strlen(word);
    return fovea_s3_is_url(word) &&
            (word[size - 1] == '/' || !strchr(word + sizeof scheme - 1, '/'));
}

static enum fovea_status
fill_by_url(void *context, struct fovea_s3 *s3, struct fovea_s3_pipe *pipe,
        struct fovea_error *err)
{
    const struct fovea_remote *remote = context;
    return fovea_s3_read_url(s3, remote->url, NULL, fovea_s3_pipe_write, pipe,
            NULL, err);
}

static enum fovea_status
write_key(struct fovea_s3_pipe *pipe, const struct fovea_s3_listed *listed,
        struct fovea_error *err)
{
    const char mark = listed->is_odd ? FOVEA_REMOTE_ODD : FOVEA_REMOTE_KEY;
    return fovea_s3_pipe_write(pipe, &mark, 1, err) &&
                    fovea_s3_pipe_write(pipe, listed->key,
                            strlen(listed->key) + 1, err)
            ? FOVEA_OK
            : err->code;
}

static enum fovea_status
fill_by_prefix(void *context, struct fovea_s3 *s3, struct fovea_s3_pipe *pipe,
        struct fovea_error *err)
{
    const struct fovea_remote *remote = context;
    struct fovea_s3_name prefix;
    struct fovea_s3_listing *listing = NULL;
    const struct fovea_s3_listed *listed = NULL;
    enum fovea_status status = fovea_s3_url_parse(remote->url, &prefix, err);
    if (!status) {
        status = fovea_s3_list(s3, &prefix, NULL, &listing, err);
    }
    while (!status) {
        status = fovea_s3_list_next(listing, &listed, err);
        if (status || !listed) {
            break;
        }
        size_t size = strlen(listed->key);
        /* Consoles make folders of objects that are called so. */
        if (size > 0 && listed->key[size - 1] != '/') {
            status = write_key(pipe, listed, err);
        }
    }
    fovea_s3_list_end(listing);
    return status;
}

enum fovea_status
fovea_remote_open(struct fovea_remote *remote,
        const struct fovea_options *options, struct fovea_error *err)
{
    struct fovea_s3_settings settings = { .first_pause_ns = 0 };
    if (options) {
        settings.s3 = options->s3;
        settings.url = options->url;
    }
    if (settings.url.off) {
        return fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                "fetching URLs is switched off (--no-url)");
    }
    if (fovea_s3_is_url(remote->url)) {
        enum fovea_status status = fovea_s3_check_on(&settings.s3, err);
        if (status) {
            return status;
        }
    }
    return fovea_s3_pipe_open(&settings,
            fovea_is_prefix(remote->url) ? fill_by_prefix : fill_by_url, remote,
            &remote->pipe, &remote->fd, err);
}

enum fovea_status
fovea_remote_failure(const struct fovea_remote *remote, struct fovea_error *err)
{
    return remote->pipe ? fovea_s3_pipe_failure(remote->pipe, err) : FOVEA_OK;
}
