/* Files that are part of the program: the page and the API's description. */
#ifndef FOVEA_SERVER_ASSET_H
#define FOVEA_SERVER_ASSET_H

#include "http/answer.h"

/** The asset at a path ("/page.css"); NULL if there is none. Threads: safe. */
const struct fovea_http_file *fovea_asset_find(const char *path);

/** Whether there is one. */
bool fovea_asset_is_there(const char *path);

#endif
