/*
 * s3://bucket/key: the names of objects, and how they are written in a request.
 *
 * A key is any bytes that are UTF-8; in an s3:// URL it stands as it is, without
 * percent signs that mean something.
 */
#ifndef FOVEA_S3_URL_H
#define FOVEA_S3_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/text.h"

enum {
    FOVEA_BUCKET_SIZE = 64,    /* 63 characters at most, and a NUL */
    FOVEA_MAX_KEY_BYTES = 1024 /* of a key, by every store */
};

struct fovea_s3_name {
    char bucket[FOVEA_BUCKET_SIZE];
    char key[FOVEA_MAX_KEY_BYTES +
            1]; /* "": the bucket; one that ends in a slash
                                          may be a prefix */
};

/** Whether it begins with s3://, in upper case or lower. */
bool fovea_s3_is_url(const char *text);

/**
 * Take an s3:// URL apart.
 *
 * @return FOVEA_OK; FOVEA_ERR_URL: no s3:// URL, a bucket's name that cannot be one,
 *         a key that is too long, not UTF-8 or has control characters.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_url_parse(const char *text,
        struct fovea_s3_name *name_out, struct fovea_error *err);

/** Append a text as it stands in a URL: everything but A-Z a-z 0-9 - . _ ~ encoded,
 *  and the slash too unless it is a path's. */
void fovea_s3_encode(struct fovea_text *text, const char *string, bool is_path);

#endif
