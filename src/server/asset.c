/* See asset.h. The table is made by scripts/embed_assets.py. */
#include "server/asset.h"

#include <string.h>

struct asset {
    const char *path;
    struct fovea_http_file file;
};

#include "server/asset_table.h"

const struct fovea_http_file *
fovea_asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(assets[i].path, path) == 0) {
            return &assets[i].file;
        }
    }
    return NULL;
}

bool
fovea_asset_is_there(const char *path)
{
    return fovea_asset_find(path);
}
