/*
 * Inside of the parser of requests: a field of a body, as a row of a table.
 *
 * What a field holds is checked by its row; what is done with it is the row's own
 * function, which always gets a text.
 */
#ifndef FOVEA_SERVER_FIELD_H
#define FOVEA_SERVER_FIELD_H

#include "server/embed_request.h"
#include "server/skeleton.h"

/* What a field holds in JSON. */
enum fovea_field_kind {
    FOVEA_FIELD_TEXT,
    FOVEA_FIELD_NUMBER, /* an integer from 0 to UINT32_MAX */
    FOVEA_FIELD_TRUTH,
    FOVEA_FIELD_EITHER, /* a string, or true or false */
    FOVEA_FIELD_TEXTS,  /* a string, or a list of one */
    FOVEA_FIELD_ANY,    /* ignored, or refused whatever it is */
};

struct fovea_field {
    const char *name;
    enum fovea_field_kind kind;
    const char *expected; /* "dimensions must be ...", or why it is refused */
    /* NULL: ignored. All values are text here. */
    enum fovea_status (*set)(struct fovea_embed_request *request,
            const struct fovea_field *field, const char *value,
            struct fovea_http_complaint *complaint);
};

/** "dimensions must be ..., not VALUE": text of the client's as it may stand in a
 *  message. Returns FOVEA_ERR_ARGUMENT. */
enum fovea_status fovea_field_refuse(const struct fovea_field *field,
        const char *value, struct fovea_http_complaint *complaint);

/** Read the fields of a table from a body: those that are there, in the table's
 *  order. FOVEA_ERR_ARGUMENT; what its functions return. */
FOVEA_NODISCARD enum fovea_status fovea_field_read_table(
        const struct fovea_field *table, size_t n,
        const struct fovea_skeleton *skeleton,
        struct fovea_embed_request *request,
        struct fovea_http_complaint *complaint);

#endif
