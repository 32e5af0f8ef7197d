/* See link.h. */
#include "sheet/link.h"

#include <stdbool.h>
#include <string.h>

/* Letters of ASCII alone, whatever the locale. */
static bool
is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || strchr("-_.~/", c);
}

static void
add_encoded(struct fovea_text *text, const char *bytes)
{
    for (const char *at = bytes; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (is_plain(c)) {
            fovea_text_add(text, at, 1);
        } else {
            fovea_text_format(text, "%%%02X", (unsigned)c);
        }
    }
}

/* Where the path goes on behind the folders that both go through. The end of the
   folder counts as a slash. */
static size_t
shared_part(const char *folder, const char *path)
{
    size_t shared = 0;
    for (size_t i = 0; path[i]; i++) {
        bool is_end = folder[i] == '\0';
        if ((is_end ? '/' : folder[i]) != path[i]) {
            return shared;
        }
        shared = path[i] == '/' ? i + 1 : shared;
        if (is_end) {
            return shared;
        }
    }
    return shared;
}

void
fovea_link_add(struct fovea_text *text, const char *folder, const char *path)
{
    size_t shared = shared_part(folder, path);
    if (shared <= 1 && strcmp(folder, "/") != 0) {
        fovea_text_format(text, "file://");
        add_encoded(text, path);
        return;
    }
    const char *up = folder + (shared < strlen(folder) ? shared : 0);
    for (bool is_up = up != folder; is_up && *up;) {
        size_t size = strcspn(up, "/");
        fovea_text_format(text, size > 0 ? "../" : "");
        up += size + (up[size] == '/');
    }
    add_encoded(text, path + shared);
}
