/* See pool_settings.h. */
#include "pool/pool_settings.h"

#include <string.h>

bool
fovea_pool_settings_keep(const char **string, char **copy_out)
{
    *copy_out = *string ? strdup(*string) : NULL;
    bool is_good = *copy_out || !*string;
    *string = *copy_out;
    return is_good;
}
