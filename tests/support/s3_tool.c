/*
 * The client of object stores, for tests in Python: one call a run, told by words,
 * its results as a line of JSON.
 *
 *     s3_tool [--region R] [--profile P] [--path-style] [--instance] CALL URL ...
 *
 *     head URL | delete URL
 *     get URL [OFFSET SIZE [ETAG]]         the bytes' SHA-256 and their number
 *     put URL TEXT [new | ETAG]            or @FILE for TEXT
 *     list URL                             every key, a line each before the last
 *     read URL                             s3:// or https://, to a digest
 *
 * The last line says how it ended. Everything else comes from the environment.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "s3/s3.h"

struct sum {
    struct fovea_sha256 hash;
    uint64_t n;
};

static bool
receive(void *context, const void *bytes, size_t n, struct fovea_error *err)
{
    struct sum *sum = context;
    (void)err;
    fovea_sha256_add(&sum->hash, bytes, n);
    sum->n += n;
    return true;
}

static void
add_object(struct fovea_text *line, const struct fovea_s3_object *object)
{
    fovea_text_format(line,
            ",\"size\":%" PRId64 ",\"etag\":", (int64_t)object->size);
    fovea_text_json_string(line, object->etag);
    fovea_text_format(line, ",\"meta_sha256\":\"%s\"", object->sha256);
}

static enum fovea_status
get(struct fovea_s3 *s3, const struct fovea_s3_name *name, char **words, int n,
        struct fovea_text *line, struct fovea_error *err)
{
    struct sum sum = { .n = 0 };
    struct fovea_s3_range range = { .offset = 0 };
    struct fovea_s3_object object = { .size = 0 };
    char sha256[FOVEA_SHA256_SIZE] = "";
    if (n >= 2) {
        range.offset = strtoull(words[0], NULL, 10);
        range.size = strtoull(words[1], NULL, 10);
        range.etag = n > 2 ? words[2] : NULL;
    }
    fovea_sha256_begin(&sum.hash);
    enum fovea_status status = name
            ? fovea_s3_get(s3, name, &range, receive, &sum, &object, err)
            : fovea_s3_read_url(s3, words[-1], NULL, receive, &sum, &object,
                      err);
    if (fovea_sha256_end(&sum.hash, sha256, NULL)) {
        abort();
    }
    fovea_text_format(line, ",\"n\":%" PRIu64 ",\"sha256\":\"%s\"", sum.n,
            sha256);
    if (!status) {
        add_object(line, &object);
    }
    return status;
}

static enum fovea_status
put(struct fovea_s3 *s3, const struct fovea_s3_name *name, char **words, int n,
        struct fovea_text *line, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish) struct fovea_input body = FOVEA_INPUT_INIT;
    struct fovea_s3_write write = { .body = &body, .type = "text/plain" };
    char etag[FOVEA_ETAG_VALUE_SIZE] = "";
    bool done = false;
    if (words[0][0] == '@') {
        enum fovea_status status =
                fovea_input_open_file(words[0] + 1, &body, err);
        if (status) {
            return status;
        }
    } else {
        fovea_input_from_memory(words[0], strlen(words[0]), &body);
    }
    if (n > 1) {
        bool is_new = strcmp(words[1], "new") == 0;
        write.condition = is_new ? FOVEA_S3_IF_NEW : FOVEA_S3_IF_SAME;
        write.etag = words[1];
    }
    enum fovea_status status = fovea_s3_put(s3, name, &write, &done, etag, err);
    fovea_text_format(line, ",\"done\":%s,\"etag\":", done ? "true" : "false");
    fovea_text_json_string(line, etag);
    return status;
}

static enum fovea_status
list(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        struct fovea_error *err)
{
    struct fovea_s3_listing *listing = NULL;
    const struct fovea_s3_listed *listed = NULL;
    enum fovea_status status = fovea_s3_list(s3, name, NULL, &listing, err);
    while (!status) {
        status = fovea_s3_list_next(listing, &listed, err);
        if (status || !listed) {
            break;
        }
        struct fovea_text line = { 0 };
        fovea_text_format(&line, "{\"key\":");
        fovea_text_json_string(&line, listed->key);
        fovea_text_format(&line, ",\"size\":%" PRIu64 ",\"odd\":%s}",
                listed->size, listed->is_odd ? "true" : "false");
        (void)puts(line.data);
        fovea_text_finish(&line);
    }
    fovea_s3_list_end(listing);
    return status;
}

static enum fovea_status
call(struct fovea_s3 *s3, char **words, int n, struct fovea_text *line,
        struct fovea_error *err)
{
    struct fovea_s3_name name;
    const char *what = words[0];
    if (strcmp(what, "read") == 0) {
        return get(s3, NULL, words + 2, 0, line, err);
    }
    enum fovea_status status = fovea_s3_url_parse(words[1], &name, err);
    if (status) {
        return status;
    }
    if (strcmp(what, "head") == 0) {
        struct fovea_s3_object object;
        status = fovea_s3_head(s3, &name, &object, err);
        if (!status) {
            add_object(line, &object);
        }
        return status;
    }
    return strcmp(what, "get") == 0
            ? get(s3, &name, words + 2, n - 2, line, err)
            : strcmp(what, "put") == 0
            ? put(s3, &name, words + 2, n - 2, line, err)
            : strcmp(what, "list") == 0 ? list(s3, &name, err)
                                        : fovea_s3_delete(s3, &name, err);
}

int
main(int argc, char **argv)
{
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    struct fovea_error err = { .code = FOVEA_OK };
    struct fovea_text line = { 0 };
    struct fovea_s3 *s3 = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--region") == 0) {
            options.s3.region = argv[++at];
        } else if (strcmp(argv[at], "--profile") == 0) {
            options.s3.profile = argv[++at];
        } else if (strcmp(argv[at], "--endpoint") == 0) {
            options.s3.endpoint = argv[++at];
        } else if (strcmp(argv[at], "--stall-ms") == 0) {
            options.url.total_ns = strtol(argv[++at], NULL, 10) * 1000000;
        } else if (strcmp(argv[at], "--private") == 0) {
            options.url.allow_private = true;
        } else {
            options.s3.path_style |= strcmp(argv[at], "--path-style") == 0;
            options.s3.instance_credentials |=
                    strcmp(argv[at], "--instance") == 0;
        }
    }
    options.url.use_proxies = true;
    if (argc - at < 2) {
        return 2;
    }
    const struct fovea_s3_settings settings = {
        .s3 = options.s3,
        .url = options.url,
        .first_pause_ns = 1000000,
    };
    enum fovea_status status = fovea_s3_create(&settings, &s3, &err);
    fovea_text_format(&line, "{\"end\":true");
    if (!status) {
        status = call(s3, argv + at, argc - at, &line, &err);
    }
    fovea_text_format(&line,
            ",\"status\":\"%s\",\"message\":", fovea_status_name(status));
    fovea_text_json_string(&line, status ? err.message : "");
    fovea_text_format(&line, "}");
    (void)puts(line.data);
    fovea_text_finish(&line);
    fovea_s3_destroy(s3);
    return 0;
}
