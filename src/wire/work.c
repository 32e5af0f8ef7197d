/* See work.h. */
#include "wire/work.h"

#include "base/macros.h"
#include "wire/thumbnail.h"

#define ITEM_IMAGE "image"
#define ITEM_TEXT  "text"

static const struct fovea_work_facts facts[FOVEA_N_WORK_KINDS] = {
#define X(NAME, name, item, reads, has_engine, output, sandbox)       \
    [FOVEA_WORK_##NAME] = { name, FOVEA_MODALITY_##item, ITEM_##item, \
        has_engine, FOVEA_OUTPUT_##output },
#include "wire/work.def"
#undef X
};

const struct fovea_work_facts *
fovea_work_facts(enum fovea_work_kind kind)
{
    FOVEA_ASSERT(kind < FOVEA_N_WORK_KINDS);
    return &facts[kind];
}

bool
fovea_work_shares(enum fovea_work_kind kind, enum fovea_shared what)
{
    const struct fovea_work_facts *of = fovea_work_facts(kind);
    return what == FOVEA_SHARED_WEIGHTS ? of->has_engine
                                        : of->modality == FOVEA_MODALITY_TEXT;
}

size_t
fovea_work_n_shared(enum fovea_work_kind kind)
{
    size_t n = 0;
    for (int i = 0; i < FOVEA_N_SHARED; i++) {
        n += fovea_work_shares(kind, (enum fovea_shared)i);
    }
    return n;
}

const void *
fovea_work_value(enum fovea_work_kind kind, const void *row, size_t row_bytes,
        size_t *size_out)
{
    if (kind == FOVEA_WORK_THUMBNAIL) {
        const struct fovea_thumbnail_row *thumbnail = row;
        *size_out = thumbnail->size;
        return thumbnail->jpeg;
    }
    *size_out = row_bytes;
    return row;
}
