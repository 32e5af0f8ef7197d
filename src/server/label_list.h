/*
 * Inside of the parser of requests: labels, and the texts that are made of them.
 */
#ifndef FOVEA_SERVER_LABEL_LIST_H
#define FOVEA_SERVER_LABEL_LIST_H

#include "server/embed_request.h"
#include "server/skeleton.h"

/**
 * Read "labels" and the fields that go with them, before the items.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_TOO_MANY_ITEMS beyond
 *         max_items labels; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_labels_read(
        const struct fovea_skeleton *skeleton, size_t max_items,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

/**
 * Once the items are read: refuse what is no image among them, and put the
 * labels' texts behind them.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_labels_make_texts(
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

#endif
