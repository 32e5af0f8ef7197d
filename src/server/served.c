/*
 * The models that a server has, and what they are called to its clients.
 *
 * Clients are not told where a model's files are: one in a directory goes by the
 * name that it was given, or the directory's last one, in every answer.
 */
#include "server/served.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SHOWN = 60,
    MAX_NAME = 200 /* with /v1/models/ in front it fits FOVEA_HTTP_PATH_SIZE */
};

/* What infinity's clients send where their user named no model. */
static const char not_specified[] = "default/not-specified";

const struct fovea_served *
fovea_served_find(const struct fovea_server *server, const char *name)
{
    if (!name || strcmp(name, not_specified) == 0) {
        return &server->models[0];
    }
    for (size_t i = 0; i < server->n_models; i++) {
        if (strcmp(server->models[i].name, name) == 0) {
            return &server->models[i];
        }
    }
    return NULL;
}

const struct fovea_served *
fovea_served_with_text(const struct fovea_server *server)
{
    for (size_t i = 0; i < server->n_models; i++) {
        if (server->models[i].info->has_text) {
            return &server->models[i];
        }
    }
    return NULL;
}

const struct fovea_served *
fovea_served_by_key(const struct fovea_server *server, const char *key)
{
    for (size_t i = 0; i < server->n_models; i++) {
        if (strcmp(server->models[i].info->key, key) == 0) {
            return &server->models[i];
        }
    }
    return NULL;
}

const char *
fovea_served_name(const struct fovea_server *server, const char *key)
{
    const struct fovea_served *served = fovea_served_by_key(server, key);
    return served ? served->name : "";
}

/* Whether two paths lead to one directory. */
static bool
is_same(const char *a, const char *b)
{
    struct stat left;
    struct stat right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 &&
            left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/* That the last model is none of the others: of two names of one directory
 * statistics would know one only, and one name must lead to one model. */
static enum fovea_status
check_new(const struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_served *last = &server->models[server->n_models - 1];
    for (size_t i = 0; i + 1 < server->n_models; i++) {
        const struct fovea_served *other = &server->models[i];
        if (is_same(other->info->directory, last->info->directory)) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s and %s are the same model, in %s", other->info->key,
                    last->info->key, last->info->directory);
        }
        if (strcmp(other->name, last->name) == 0) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s and %s would both be served as %s: give one another "
                    "name, NAME=DIR",
                    other->info->directory, last->info->directory, last->name);
        }
    }
    return FOVEA_OK;
}

/* The key behind the "=" of NAME=KEY; the word itself where there is none, or
 * where all of it is a directory. */
static const char *
find_key(const char *word)
{
    struct stat entry;
    const char *equals = strchr(word, '=');
    return !equals || (stat(word, &entry) == 0 && S_ISDIR(entry.st_mode))
            ? word
            : equals + 1;
}

/* What a path of /v1/models/{id} can name. */
static enum fovea_status
check_name(const char *name, size_t size, struct fovea_error *err)
{
    bool is_bad = size == 0 || size > MAX_NAME || name[0] == '/' ||
            name[size - 1] == '/';
    for (size_t i = 0; i < size && !is_bad; i++) {
        is_bad = (unsigned char)name[i] < ' ' || name[i] == 0x7f ||
                (name[i] == '/' && name[i + 1] == '/');
    }
    return is_bad ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                            "a model cannot be served as \"%.*s\"; a name has "
                            "1 to %d bytes, no control characters, and single "
                            "slashes between others; give another, NAME=DIR",
                            (int)(size > SHOWN ? SHOWN : size), name, MAX_NAME)
                  : FOVEA_OK;
}

static enum fovea_status
set_name(struct fovea_served *served, const char *name, size_t size,
        struct fovea_error *err)
{
    enum fovea_status status = check_name(name, size, err);
    if (!status && !(served->name = strndup(name, size))) {
        status = fovea_fail_memory(err, size, "a model's name");
    }
    return status;
}

/* The last name of a path, or of where it leads if that is no name. */
static enum fovea_status
name_by_directory(struct fovea_served *served, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *real = realpath(served->info->directory, NULL);
    if (!real) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    const char *path = served->info->directory;
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    if (strspn(path + begin, "./") < end - begin) {
        return set_name(served, path + begin, end - begin, err);
    }
    const char *base = strrchr(real, '/') + 1;
    return set_name(served, base, strlen(base), err);
}

static enum fovea_status
name_it(struct fovea_served *served, const char *word, const char *key,
        struct fovea_error *err)
{
    if (key != word) {
        return set_name(served, word, (size_t)(key - word) - 1, err);
    }
    /* A directory is its own key. */
    return strcmp(served->info->directory, served->info->key) == 0
            ? name_by_directory(served, err)
            : set_name(served, key, strlen(key), err);
}

static void
warn_of_preprocessor(struct fovea_server *server,
        const struct fovea_served *served)
{
    if (strcmp(served->info->preprocessor, "default") == 0) {
        fovea_http_log_say(server->log, "warning", "model",
                "%s has no preprocessor_config.json (in open_clip's layout: no "
                "preprocess_cfg): its images are prepared as %s's first models "
                "want them, which may not be what it was trained on",
                served->name, served->info->family);
    }
}

static void
close_last(struct fovea_server *server)
{
    struct fovea_served *last = &server->models[--server->n_models];
    fovea_model_close(last->model);
    free(last->name);
    *last = (struct fovea_served){ .model = NULL };
}

/* Open the model of a key as the last one, without a name. */
static enum fovea_status
open_last(struct fovea_server *server, const char *key, struct fovea_error *err)
{
    if (server->n_models == FOVEA_MAX_SERVED_MODELS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than %d models are not served", FOVEA_MAX_SERVED_MODELS);
    }
    struct fovea_served *served = &server->models[server->n_models];
    enum fovea_status status =
            fovea_model_open(server->library, key, &served->model, err);
    if (!status) {
        server->n_models++;
        served->info = fovea_model_describe(served->model);
    }
    return status;
}

enum fovea_status
fovea_served_open(struct fovea_server *server, const char *word,
        struct fovea_error *err)
{
    struct fovea_served *served = &server->models[server->n_models];
    const char *key = find_key(word);
    enum fovea_status status = open_last(server, key, err);
    if (status) {
        return status;
    }
    status = name_it(served, word, key, err);
    if (!status) {
        warn_of_preprocessor(server, served);
        status = check_new(server, err);
    }
    if (status) {
        close_last(server);
    }
    return status;
}

enum fovea_status
fovea_served_obtain(struct fovea_server *server, const char *key,
        const struct fovea_served **served_out, struct fovea_error *err)
{
    const struct fovea_served *served = fovea_served_by_key(server, key);
    enum fovea_status status = served ? FOVEA_OK : open_last(server, key, err);
    if (served || status) {
        *served_out = served;
        return status;
    }
    const struct fovea_served *last = &server->models[server->n_models - 1];
    for (size_t i = 0; i + 1 < server->n_models; i++) {
        served = &server->models[i];
        if (is_same(served->info->directory, last->info->directory)) {
            close_last(server);
            *served_out = served;
            return FOVEA_OK;
        }
    }
    close_last(server);
    status = fovea_served_open(server, key, err);
    *served_out = status ? NULL : &server->models[server->n_models - 1];
    return status;
}

void
fovea_served_close(struct fovea_server *server)
{
    for (size_t i = 0; i < server->n_models; i++) {
        fovea_model_close(server->models[i].model);
        free(server->models[i].name);
    }
}
