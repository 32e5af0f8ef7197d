/*
 * Inside of the parser of requests: the fields beside the images and texts.
 *
 * Clients of half a dozen services send what theirs knows. One table says of
 * each field what is done with it: it is honoured; it is refused, because it
 * asks for other numbers than there are here; or it is ignored, because it
 * changes nothing of a vector. A field that the table does not have is
 * ignored too.
 */
#ifndef FOVEA_SERVER_FIELDS_H
#define FOVEA_SERVER_FIELDS_H

#include "server/embed_request.h"
#include "server/skeleton.h"

/**
 * Read all fields of a body.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, with the field's name as the complaint's
 *         param; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_fields_read(
        const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

/**
 * Set a field by name. Used for the fields of a form and the
 * query of a URL, where all values are text. Other names are ignored, and empty
 * values: a form sends those of fields that were left alone.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_fields_set(
        struct fovea_embed_request *request, const char *name,
        const char *value, struct fovea_http_complaint *complaint);

/** Read the fields of labels, which stand in a table of their own, and what
 *  strings are where there are labels: images. Returns the same. */
FOVEA_NODISCARD enum fovea_status fovea_fields_read_labels(
        const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

/** Whether the table has a field. */
bool fovea_fields_have(const char *name);

#endif
