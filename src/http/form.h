/* Forms (multipart/form-data), parsed as they come. */
#ifndef FOVEA_HTTP_FORM_H
#define FOVEA_HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

struct fovea_http_exchange;
struct fovea_http_form;

/** A piece of a part; its strings may be NULL. */
struct fovea_http_part {
    const char *name;
    const char *filename;
    const char *type;     /* Content-Type */
    const char *encoding; /* Content-Transfer-Encoding */
    const char *data;
    uint64_t offset; /* 0: the part begins */
    size_t size;
};

/** Take a piece; false ends the form. */
typedef bool fovea_http_part_fn(void *context,
        const struct fovea_http_part *part);

/** Of a request whose head is here. FOVEA_ERR_CONTENT_TYPE if that names no
 *  boundary; FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_http_form_create(
        struct fovea_http_exchange *exchange, fovea_http_part_fn *take,
        void *context, struct fovea_http_form **form_out,
        struct fovea_error *err);

/** Parse a piece of the body. False: it is malformed, or take ended it. */
bool fovea_http_form_add(struct fovea_http_form *form, const char *data,
        size_t size);

/** No more comes; free it. False: it is not complete. NULL is fine. */
bool fovea_http_form_finish(struct fovea_http_form *form);

#endif
