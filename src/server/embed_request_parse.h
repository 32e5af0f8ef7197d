/* Reading requests from JSON: for vectors, for labels of images, for hits in an
   index, and for items that are added to one. */
#ifndef FOVEA_SERVER_EMBED_REQUEST_PARSE_H
#define FOVEA_SERVER_EMBED_REQUEST_PARSE_H

#include "server/embed_request.h"

/**
 * Parse a body of JSON.
 *
 * Strict: UTF-8, no duplicate keys, bounded depth. Long strings are neither
 * copied nor given to the parser: body is changed in place and items point into
 * it, so it must live as long as the request. With the default max_items a
 * request takes at most 20 MB beside its body, whatever is in it; of base64,
 * less than 1 KB an image.
 *
 * @param body         size bytes, writable, no NUL needed. Changed on failure
 *                     too.
 * @param max_items    more: FOVEA_ERR_TOO_MANY_ITEMS.
 * @param request_out  Owned by the caller; end it with
 *                     fovea_embed_request_finish().
 * @param complaint    written on failure only.
 * @return FOVEA_OK, also where single items are neither images nor texts
 *         (item.error); FOVEA_ERR_JSON; FOVEA_ERR_ARGUMENT;
 *         FOVEA_ERR_TOO_MANY_ITEMS, also of other values than items;
 *         FOVEA_ERR_BODY_TOO_LARGE if too much of it
 *         is no item; FOVEA_ERR_NO_MEMORY.
 */
typedef enum fovea_status fovea_request_parse_fn(char *body, size_t size,
        size_t max_items, struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint);

FOVEA_NODISCARD fovea_request_parse_fn fovea_embed_request_parse;

/** The same of a request that has labels too; all its strings are images. */
FOVEA_NODISCARD fovea_request_parse_fn fovea_classify_request_parse;

/** The same of a request that searches in an index: what is subtracted stands
 *  behind what is added, each item has a weight, and some have an id instead of
 *  an image or a text. A field that there is not is an error. */
FOVEA_NODISCARD fovea_request_parse_fn fovea_search_body_parse;

/** The same of images that are to be items of an index: each has an id. */
FOVEA_NODISCARD fovea_request_parse_fn fovea_items_request_parse;

#endif
