/* See terms.h. */
#include "archive/terms.h"

#include <string.h>

#include "base/error.h"
#include "option/limits.h"
#include "option/members.h"
#include "option/value.h"

static void
fill(enum fovea_option_id id, void *value)
{
    static const uint64_t zero;
    if (memcmp(value, &zero, sizeof zero) == 0) {
        fovea_value_default(&fovea_option_rows[id], value, sizeof zero);
    }
}

enum fovea_status
fovea_archive_agree(const struct fovea_archive_settings *settings,
        struct fovea_archive_terms *terms_out, struct fovea_error *err)
{
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    if (settings->options) {
        options = *settings->options;
    }
    enum fovea_status status = fovea_options_fill(&options, err);
    if (status) {
        return status;
    }
    *terms_out = (struct fovea_archive_terms){
        .limits = settings->limits,
        .max_member_bytes = options.limits.max_bytes,
        .sandbox = options.sandbox,
        .remote = { .s3 = options.s3, .url = options.url },
    };
    struct fovea_archive_limits *limits = &terms_out->limits;
    fill(FOVEA_OPTION_ARCHIVE_MEMORY, &limits->max_memory_bytes);
    fill(FOVEA_OPTION_ARCHIVE_EXPANSION, &limits->max_expansion);
    fill(FOVEA_OPTION_ARCHIVE_MEMBERS, &limits->max_members);
    fill(FOVEA_OPTION_ARCHIVE_TIME, &limits->stall_ns);
    return FOVEA_OK;
}

enum fovea_status
fovea_archive_allow(const struct fovea_archive_terms *terms, const char *name,
        struct fovea_error *err)
{
    if (terms->remote.url.off) {
        return fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                "fetching URLs is switched off (--no-url)");
    }
    return fovea_s3_is_url(name) ? fovea_s3_check_on(&terms->remote.s3, err)
                                 : FOVEA_OK;
}
