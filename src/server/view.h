/* Routes that show how things stand: they differ in what they write. */
#ifndef FOVEA_SERVER_VIEW_H
#define FOVEA_SERVER_VIEW_H

#include "server/internal.h"

/** Write an answer's text from fresh statistics, on the loop's thread. Models
 *  have the names there that they are served under. */
typedef void fovea_view_fn(struct fovea_http_exchange *exchange,
        const struct fovea_pool_stats *stats, struct fovea_text *text);

/** Read statistics in the background, then write. The exchange is suspended
 *  meanwhile. */
void fovea_view_show(struct fovea_http_exchange *exchange,
        fovea_view_fn *write);

/* The kinds of work that are served, as statistics call them. */
#define FOVEA_VIEW_IMAGES "embed"
#define FOVEA_VIEW_TEXTS  "embed_text"

/** A model's part of the statistics, for one kind of work; all zero, without a
 *  key, before it was first used. */
const struct fovea_model_stats *fovea_view_model(
        const struct fovea_pool_stats *stats, const struct fovea_served *served,
        const char *work);

#endif
