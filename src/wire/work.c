/* See work.h. */
#include "wire/work.h"

#include "base/macros.h"

static const struct fovea_work_facts facts[FOVEA_N_WORK_KINDS] = {
#define X(NAME, name, reads, has_engine, output, sandbox) \
    [FOVEA_WORK_##NAME] = { name, has_engine, FOVEA_OUTPUT_##output },
#include "wire/work.def"
#undef X
};

const struct fovea_work_facts *
fovea_work_facts(enum fovea_work_kind kind)
{
    FOVEA_ASSERT(kind < FOVEA_N_WORK_KINDS);
    return &facts[kind];
}
