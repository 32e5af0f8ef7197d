/* See defaults.h. */
#include "archive/defaults.h"

#include "base/macros.h"
#include "option/limits.h"
#include "option/members.h"
#include "option/value.h"

static void
fill(enum fovea_option_id id, uint64_t *value)
{
    if (*value == 0) {
        fovea_value_default(&fovea_option_rows[id], value, sizeof *value);
    }
}

void
fovea_archive_fill(struct fovea_archive_settings *settings)
{
    struct fovea_archive_limits *limits = &settings->limits;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.sandbox = settings->sandbox;
    options.limits.max_bytes = limits->max_member_bytes;
    FOVEA_ASSERT(!fovea_options_fill(&options, NULL));
    settings->sandbox = options.sandbox;
    limits->max_member_bytes = options.limits.max_bytes;
    fill(FOVEA_OPTION_ARCHIVE_MEMORY, &limits->max_memory_bytes);
    fill(FOVEA_OPTION_ARCHIVE_EXPANSION, &limits->max_expansion);
    fill(FOVEA_OPTION_ARCHIVE_MEMBERS, &limits->max_members);
    if (limits->stall_ns == 0) {
        fovea_value_default(&fovea_option_rows[FOVEA_OPTION_ARCHIVE_TIME],
                &limits->stall_ns, sizeof limits->stall_ns);
    }
}
