/* See asset.h. The table is made by scripts/embed_assets.py. */
#include "server/asset.h"

#include <string.h>

#include "server/asset_table.h"

const struct fovea_asset *
fovea_asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof fovea_assets / sizeof fovea_assets[0]; i++) {
        if (strcmp(fovea_assets[i].path, path) == 0) {
            return &fovea_assets[i];
        }
    }
    return NULL;
}
