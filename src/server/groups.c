/* See groups.h. */
#include "server/groups.h"

#include <stdlib.h>

#include "base/error.h"

enum {
    MAX_BYTES = 64 << 20
};

enum fovea_status
fovea_groups_keep(struct fovea_groups_kept *kept,
        const struct fovea_text *group, struct fovea_error *err)
{
    if (kept->text.size + group->size > MAX_BYTES) {
        return FOVEA_OK;
    }
    size_t *ends = reallocarray(kept->ends, kept->n + 1, sizeof *ends);
    kept->ends = ends ? ends : kept->ends;
    fovea_text_add(&kept->text, group->data, group->size);
    if (!ends || fovea_text_failed(&kept->text) || fovea_text_failed(group)) {
        return fovea_fail_memory(err, group->size, "a group");
    }
    kept->ends[kept->n++] = kept->text.size;
    return FOVEA_OK;
}

void
fovea_groups_write(const struct fovea_groups_kept *kept, size_t index,
        struct fovea_text *text)
{
    size_t begin = index > 0 ? kept->ends[index - 1] : 0;
    fovea_text_add(text, kept->text.data + begin, kept->ends[index] - begin);
}

void
fovea_groups_forget(struct fovea_groups_kept *kept)
{
    uint64_t number = kept->number;
    fovea_text_finish(&kept->text);
    free(kept->ends);
    *kept = (struct fovea_groups_kept){ .number = number + 1 };
}
