/* Files that are part of the program: the page and the API's description. */
#ifndef FOVEA_SERVER_ASSET_H
#define FOVEA_SERVER_ASSET_H

#include <stddef.h>

struct fovea_asset {
    const char *path; /* "/page.css" */
    const char *type; /* of its content */
    const char *etag; /* with its quotes; changes with the content */
    /* Never written to: not const because libmicrohttpd, which only reads it,
       asks for that. */
    unsigned char *bytes;
    size_t size;
};

/** The asset at a path; NULL if there is none. Threads: safe. */
const struct fovea_asset *fovea_asset_find(const char *path);

#endif
