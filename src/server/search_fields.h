/*
 * Inside of the parser of requests: what is asked of an index.
 *
 *     {"input": "a red car", "minus": {"id": "@17"}, "index": "photos", "n": 20,
 *      "min_score": 0.2, "filter": {"paths": ["*.jpg"], "since": "2019-05"}}
 *
 * An item is an image or a text as item.h has them, or {"id": S}, an item of the
 * index; an object may have a "weight". Nobody else's clients ask for this, so
 * that a field which there is not is a mistake, and an error.
 */
#ifndef FOVEA_SERVER_SEARCH_FIELDS_H
#define FOVEA_SERVER_SEARCH_FIELDS_H

#include "server/embed_request.h"
#include "server/skeleton.h"

/**
 * Read all fields of a search but its items.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, with the field's name as the complaint's
 *         param; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_search_fields_read(
        const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

/** Read an item to search with; as fovea_item_read(). */
void fovea_search_item_read(const struct fovea_skeleton *skeleton,
        const json_t *json, enum fovea_strings strings,
        struct fovea_request_item *item_out);

/** The same of an image that is to be an item of an index under its "id". */
void fovea_named_item_read(const struct fovea_skeleton *skeleton,
        const json_t *json, enum fovea_strings strings,
        struct fovea_request_item *item_out);

/** That an id may be one of an item: not one of a picture ("@1"), not with a
 *  slash at an end or two in a row, which no path could name, not too long.
 *  FOVEA_ERR_ARGUMENT. */
FOVEA_NODISCARD enum fovea_status fovea_item_id_check(const char *id,
        struct fovea_error *err);

#endif
