/* Limits: see limits.h. */
#include "option/limits.h"

#include "option/value.h"

struct fovea_limits
fovea_limits_resolve(const struct fovea_limits *limits)
{
    const size_t begin = offsetof(struct fovea_options, limits);
    struct fovea_options all = { .limits = *limits };
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        if (row->scope == FOVEA_SCOPE_LIBRARY && row->offset >= begin &&
                row->offset < begin + sizeof all.limits) {
            /* What may not be there was refused with the other options. */
            enum fovea_status status = fovea_value_resolve(row,
                    (char *)&all + row->offset, row->size, NULL);
            (void)status;
        }
    }
    return all.limits;
}

/* A member is named where there is one. */
#define BY_LIBRARY(flag, field)  "(--" flag ", " field ")"
#define BY_MEMBER(flag, field)   "(" field ")"
#define BY_SERVER(flag, field)   "(--" flag ")"
#define BY_ARGUMENT(flag, field) "(--" flag ")"

const char *
fovea_limit_by(enum fovea_option_id limit)
{
    static const char *const names[] = {
#define ROW(id, scope, name, field, member, kind, flag, ...) \
    BY_##scope(flag, field),
#include "option/option.def"
    };
    return names[limit];
}
