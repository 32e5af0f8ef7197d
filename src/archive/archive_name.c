/* Which names are those of archives. */
#include <string.h>
#include <strings.h>

#include "archive/archive.h"
#include "base/macros.h"

bool
fovea_archive_is_remote(const char *name)
{
    static const char *const schemes[] = { "http://", "https://", "s3://" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(schemes); i++) {
        if (strncasecmp(name, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool
fovea_archive_is_named(const char *name)
{
    static const char *const endings[] = { ".tar", ".tar.gz", ".tgz",
        ".tar.zst", ".tzst" };
    /* An object's key may have any character in it. */
    bool has_query = fovea_archive_is_remote(name) &&
            strncasecmp(name, "s3:", strlen("s3:")) != 0;
    size_t size = has_query ? strcspn(name, "?#") : strlen(name);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(endings); i++) {
        size_t n = strlen(endings[i]);
        if (size > n && name[size - n - 1] != '/' &&
                strncasecmp(name + size - n, endings[i], n) == 0) {
            return true;
        }
    }
    return false;
}
