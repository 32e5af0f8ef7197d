/* See draft.h. */
#include "index/draft.h"

#include <unistd.h>

#include "base/macros.h"
#include "index/internal.h"

void
fovea_draft_remove(int folder_fd)
{
    static const char *const names[] = { FOVEA_INDEX_DRAFT "-journal",
        FOVEA_INDEX_DRAFT "-wal", FOVEA_INDEX_DRAFT "-shm", FOVEA_INDEX_DRAFT };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        (void)unlinkat(folder_fd, names[i], 0);
    }
}
