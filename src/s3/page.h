/*
 * A page of a listing, as a store writes it (ListObjectsV2, XML), read by expat.
 *
 * A page is hostile until it is read: a document type, and with it every entity, is
 * refused, and so is what is too deep, too long or of more objects than were asked
 * for, keys outside of the prefix, keys that do not come in the order of their bytes
 * (so that no listing goes round in a circle).
 */
#ifndef FOVEA_S3_PAGE_H
#define FOVEA_S3_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "s3/url.h"
#include "source/client.h"

enum {
    FOVEA_PAGE_KEYS = 1000, /* that are asked for */
    FOVEA_MAX_PAGE_BYTES = 4 << 20,
    FOVEA_MAX_CONTINUATION = 4096 /* bytes of the token for the next page */
};

struct fovea_page_object {
    char *key; /* owned */
    uint64_t size;
    char etag[FOVEA_ETAG_VALUE_SIZE]; /* "": none, or a longer one */
};

struct fovea_page {
    struct fovea_page_object *objects; /* [n] */
    size_t n;
    bool is_truncated; /* there is another one */
    char continuation[FOVEA_MAX_CONTINUATION + 1];
};

/**
 * Read a page.
 *
 * @param prefix  What every key begins with.
 * @param after   What every key comes behind; NULL: nothing.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_STORE, saying what is wrong with it;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_page_read(const char *xml, size_t size,
        const char *prefix, const char *after, struct fovea_page *page_out,
        struct fovea_error *err);

void fovea_page_finish(struct fovea_page *page);

#endif
