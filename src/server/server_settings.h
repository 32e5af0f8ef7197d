/* What a server is told at its start; all of it resolved, nothing is a
   "default" any more. Strings are borrowed and outlive the server. */
#ifndef FOVEA_SERVER_SERVER_SETTINGS_H
#define FOVEA_SERVER_SERVER_SETTINGS_H

#include "fovea/fovea.h"

#include "http/http_settings.h"
#include "option/option.h"
#include "option/value.h"
#include "queue/queue.h"

enum {
    FOVEA_MAX_SERVED_MODELS = 64
};

struct fovea_server_settings {
    struct fovea_options library; /* on_event is the server's to set */
    const char *const *models;    /* [NAME=]KEY or [NAME=]DIR; the first one
                                     answers where a request names none */
    size_t n_models;              /* 1 to FOVEA_MAX_SERVED_MODELS */
    bool warm;                    /* workers before the first request */
    struct fovea_words indexes;   /* NAME=DIR; read only */
    struct fovea_words writable_indexes;
    bool show_paths; /* clients are told where files of indexes are */
    struct fovea_queue_settings
            queue;                   /* whose jobs are shown; url NULL: none */
    struct fovea_words jobs_outputs; /* of such jobs */

    size_t max_items;                /* images of a request */
    size_t max_hits;                 /* of a search */
    size_t max_searches;             /* that wait or are under way */
    unsigned search_threads;         /* searches at once */
    struct fovea_http_settings http; /* routes and what stands behind
                                        them are the server's to set */
};

/** Every setting at its default: the library's, and those of the table. */
void fovea_server_settings_init(struct fovea_server_settings *settings);

/** The member of a row of the server; NULL: the row is not its. */
void *fovea_server_setting(struct fovea_server_settings *settings,
        enum fovea_option_id id, size_t *size_out);

#endif
