/*
 * Indexes that a server has, and handles to them.
 *
 * SQLite and searches belong to threads beside the loop; a handle is one thread's
 * at a time. Those that nobody uses are kept open, so that a search finds its
 * index warm. What another process writes is seen by the next begin; where an
 * index was replaced by another one, handles to the old one are dropped.
 */
#ifndef FOVEA_SERVER_INDEX_H
#define FOVEA_SERVER_INDEX_H

#include <pthread.h>

#include "index/folder.h"
#include "server/groups.h"
#include "server/internal.h"

struct fovea_server_handle {
    struct fovea_server_handle *next; /* of those that nobody uses */
    struct fovea_index_folder *folder;
    uint64_t device; /* of index.sqlite before it was opened */
    uint64_t inode;
};

/* A model that the index has vectors of, by the key in its set. */
struct fovea_server_index_model {
    char *key; /* owned */
    const struct fovea_served *served;
};

/* An index that is served; changed by its functions alone. */
struct fovea_server_index {
    char *name; /* owned; what clients call it */
    char *path; /* owned; of the index folder itself; not for clients */
    bool is_writable;
    struct fovea_server_index_model *models; /* [n_models]; of the start */
    size_t n_models;
    struct fovea_groups_kept groups; /* the duplicates' thread */
    pthread_mutex_t mu;
    struct fovea_server_handle *idle; /* guarded by mu */
};

/**
 * Open the server's indexes, and models for those of their sets that none of its
 * models is for. Before the loop runs.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a word that is not NAME=DIR, a name
 *         that is given twice or no path could have, or a writable one without a
 *         key of a writer; the statuses of fovea_index_folder_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_server_indexes_open(
        struct fovea_server *server, struct fovea_error *err);

void fovea_server_indexes_close(struct fovea_server *server);

/** The index of a name; NULL: the only one. On failure NULL, and a complaint:
 *  FOVEA_ERR_INDEX_NOT_FOUND, or FOVEA_ERR_ARGUMENT where there are several. */
struct fovea_server_index *fovea_server_index_find(struct fovea_server *server,
        const char *name, struct fovea_http_complaint *complaint);

/** The model of a set, by its key; NULL: it is not served. */
const struct fovea_served *fovea_server_index_model(
        const struct fovea_server *server,
        const struct fovea_server_index *index, const char *key);

/** What clients call it, served or not. */
const char *fovea_server_index_model_name(const struct fovea_server *server,
        const struct fovea_server_index *index, const char *key);

/** Begin to read: a handle within a snapshot. Any thread but the loop's. As
 *  fovea_index_folder_open() and fovea_index_snapshot_begin(). */
FOVEA_NODISCARD enum fovea_status fovea_server_index_begin(
        struct fovea_server_index *index,
        struct fovea_server_handle **handle_out, struct fovea_error *err);

/** End it. is_good: the handle may be used again. */
void fovea_server_index_end(struct fovea_server_index *index,
        struct fovea_server_handle *handle, bool is_good);

#endif
