/* See discreet.h. */
#include "server/discreet.h"

#include <stdio.h>
#include <string.h>

#include "server/index.h"
#include "server/queued.h"

enum {
    GROUP = 100, /* statuses of one kind */
    ENVIRONMENT = 3,
    POOL = 4,
    QUEUE = 6,
    BUG = 9
};

/* Statuses of callers, images and URLs tell of what the client sent, but for one
   that is about an index's folder. */
static bool
is_about_here(enum fovea_status code)
{
    int group = (int)code / GROUP;
    return group == ENVIRONMENT || group == POOL || group == QUEUE ||
            group == BUG || code == FOVEA_ERR_INDEX_READ_ONLY;
}

/* Put a name in the place of every path. */
static void
replace(char *message, const char *path, const char *name)
{
    char old[FOVEA_ERROR_MESSAGE_SIZE];
    size_t size = strlen(path);
    char *at = size > 0 ? strstr(message, path) : NULL;
    while (at && strcmp(path, name) != 0) {
        (void)snprintf(old, sizeof old, "%s", at + size);
        size_t room = FOVEA_ERROR_MESSAGE_SIZE - (size_t)(at - message);
        (void)snprintf(at, room, "%s%s", name, old);
        size_t n = strlen(name);
        at = n < room ? strstr(at + n, path) : NULL;
    }
}

/* The size of a served name at the start of a text; 0: there is none. */
static size_t
name_at(const struct fovea_server *server, const char *text)
{
    for (size_t i = 0; i < server->n_models; i++) {
        size_t size = strlen(server->models[i].name);
        if (strncmp(text, server->models[i].name, size) == 0) {
            return size;
        }
    }
    return 0;
}

/* Whether there is a slash outside of the names of models. */
static bool
has_path(const struct fovea_server *server, const char *message)
{
    while (*message && *message != '/') {
        size_t size = name_at(server, message);
        message += size > 0 ? size : 1;
    }
    return *message == '/';
}

bool
fovea_discreet(const struct fovea_server *server, struct fovea_error *error)
{
    if (!is_about_here(error->code)) {
        return false;
    }
    for (size_t i = 0; i < server->n_models; i++) {
        const struct fovea_served *served = &server->models[i];
        replace(error->message, served->info->directory, served->name);
        replace(error->message, served->info->key, served->name);
    }
    for (size_t i = 0; i < server->n_indexes; i++) {
        replace(error->message, server->indexes[i].path,
                server->indexes[i].name);
    }
    const char *place;
    for (size_t i = 0; (place = fovea_queued_place(server->queued, i)); i++) {
        replace(error->message, place, "the output");
    }
    if (!has_path(server, error->message)) {
        return false;
    }
    (void)snprintf(error->message, sizeof error->message,
            "%s (the server's log says more)", fovea_status_text(error->code));
    return true;
}

void
fovea_discreet_log(const struct fovea_http_exchange *exchange,
        struct fovea_error *error, bool *has_logged)
{
    struct fovea_server *server = fovea_server_of(exchange);
    struct fovea_error full = *error;
    struct fovea_http_log_line line;
    if (!fovea_discreet(server, error) || *has_logged) {
        return;
    }
    *has_logged = true;
    fovea_http_log_begin(server->log, "warning", "failure", &line);
    fovea_http_log_string(&line, "id", exchange->id);
    fovea_http_log_string(&line, "code", fovea_status_name(full.code));
    fovea_http_log_string(&line, "message", full.message);
    fovea_http_log_end(server->log, &line);
}
