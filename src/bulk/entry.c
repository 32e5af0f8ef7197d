/* See entry.h. */
#include "bulk/entry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

enum fovea_status
fovea_entry_of_list(const char *name, const struct fovea_error *problem,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    *entry_out = (struct fovea_entry){
        .path = strdup(name),
        .problem = *problem,
        .is_list = true,
    };
    return entry_out->path ? FOVEA_OK
                           : fovea_fail_memory(err, strlen(name), "a name");
}

void
fovea_entry_drop_bytes(struct fovea_entry *entry)
{
    free(entry->owned);
    entry->owned = NULL;
    entry->bytes = NULL;
}

void
fovea_entry_finish(struct fovea_entry *entry)
{
    free(entry->owned);
    free(entry->path);
    *entry = (struct fovea_entry){ 0 };
}

bool
fovea_is_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 ||
            strncasecmp(name, "https://", 8) == 0 ||
            strncasecmp(name, "s3://", 5) == 0;
}

struct fovea_item
fovea_entry_item(const struct fovea_entry *entry)
{
    if (entry->is_bytes) {
        return (struct fovea_item){
            .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = entry->bytes,
            .size = entry->size,
        };
    }
    if (entry->is_text) {
        return (struct fovea_item){
            .kind = FOVEA_ITEM_TEXT,
            .data = entry->path,
            .size = entry->size,
        };
    }
    return (struct fovea_item){
        .kind = fovea_is_url(entry->path) ? FOVEA_ITEM_IMAGE_URL
                                          : FOVEA_ITEM_IMAGE_PATH,
        .data = entry->path,
    };
}
