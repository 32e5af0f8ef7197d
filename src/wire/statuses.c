/* What a worker may report: see statuses.h. */
#include "wire/statuses.h"

#include <stddef.h>

#include "base/macros.h"

struct range {
    enum fovea_report_of what;
    int first;
    int last;
};

static const struct range ranges[] = {
    { FOVEA_REPORT_OF_ITEM, FOVEA_ERR_TEXT_TOO_LARGE,
            FOVEA_ERR_TEXT_TRUNCATED },
    { FOVEA_REPORT_OF_ITEM, 200, 299 }, /* all of the group image */
    { FOVEA_REPORT_OF_ITEM, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_IO },
    { FOVEA_REPORT_OF_ITEM, FOVEA_ERR_TOKENIZER_INVALID,
            FOVEA_ERR_TOKENIZER_INVALID },
    { FOVEA_REPORT_OF_ITEM, FOVEA_ERR_INTERNAL, FOVEA_ERR_INTERNAL },
    { FOVEA_REPORT_OF_LOAD, FOVEA_ERR_TEXT_UNSUPPORTED,
            FOVEA_ERR_TEXT_UNSUPPORTED },
    { FOVEA_REPORT_OF_LOAD, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_CPU_UNSUPPORTED },
    /* The model's files. */
    { FOVEA_REPORT_OF_LOAD, FOVEA_ERR_MODEL_NOT_FOUND,
            FOVEA_ERR_TOKENIZER_INVALID },
    { FOVEA_REPORT_OF_LOAD, FOVEA_ERR_SANDBOX, FOVEA_ERR_SANDBOX },
    { FOVEA_REPORT_OF_LOAD, FOVEA_ERR_INTERNAL, FOVEA_ERR_INTERNAL },
};

bool
fovea_worker_may_report(enum fovea_report_of what, enum fovea_status status)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ranges); i++) {
        const struct range *range = &ranges[i];
        if (range->what == what && (int)status >= range->first &&
                (int)status <= range->last) {
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_worker_status(enum fovea_report_of what, enum fovea_status status)
{
    bool is_right = status == FOVEA_OK || fovea_worker_may_report(what, status);
    return is_right ? status : FOVEA_ERR_INTERNAL;
}
