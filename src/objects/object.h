/* What is known of objects and of the places where they are (objects.h). */
#ifndef FOVEA_OBJECTS_OBJECT_H
#define FOVEA_OBJECTS_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/options.h"
#include "fovea/status.h"

#include "base/sha256.h"

enum {
    FOVEA_OBJECT_MAX_KEY = 512,      /* bytes of a key */
    FOVEA_OBJECT_VERSION_SIZE = 128, /* of a version, its NUL included */
};

/** What a place is opened with; borrowed until it is closed. */
struct fovea_objects_settings {
    /* Whether to give up what takes long: asked while a store is waited for.
       NULL: never. A call that is given up fails with FOVEA_ERR_CANCELLED. */
    bool (*is_cancelled)(void *context);
    void *context;
    /* How object stores are reached; NULL: as their defaults have it. */
    const struct fovea_s3_options *s3;
    const struct fovea_url_options *url;
};

/** What is known of an object without reading it. */
struct fovea_object_info {
    uint64_t size; /* bytes */
    /* Another one after every change: an ETag; device, inode, size and time. */
    char version[FOVEA_OBJECT_VERSION_SIZE];
    char sha256[FOVEA_SHA256_SIZE]; /* of its bytes; empty: it does not tell */
};

/** An object that is listed: its name behind the folder's. */
typedef enum fovea_status fovea_object_fn(void *context, const char *name,
        uint64_t size, struct fovea_error *err);

/** Whether it is a key: a relative path of printable ASCII, no part of it empty or
 *  with a dot at its beginning, no blanks and no backslashes. */
bool fovea_object_key_is_good(const char *key);

#endif
