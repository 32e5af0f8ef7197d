/* See work_kind.h. */
#include "worker/work_kind.h"

static const struct {
    const struct fovea_item_reader *reader;
    enum fovea_sandbox_rules sandbox;
} table[FOVEA_N_WORK_KINDS] = {
#define X(NAME, name, item, reads, has_engine, output, sandbox) \
    [FOVEA_WORK_##                                              \
            NAME] = { &fovea_read_##reads, FOVEA_SANDBOX_RULES_##sandbox },
#include "wire/work.def"
#undef X
};

struct fovea_work
fovea_work_find(enum fovea_work_kind kind)
{
    return (struct fovea_work){
        .facts = fovea_work_facts(kind),
        .reader = table[kind].reader,
        .sandbox = table[kind].sandbox,
    };
}
