/* What a worker may say: see statuses.h. */
#include "wire/statuses.h"

#include <stddef.h>

#include "base/macros.h"

struct range {
    enum fovea_said_of what;
    int first;
    int last;
};

static const struct range ranges[] = {
    { FOVEA_SAID_OF_ITEM, 200, 299 }, /* all of the group image */
    { FOVEA_SAID_OF_ITEM, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_IO },
    { FOVEA_SAID_OF_ITEM, FOVEA_ERR_INTERNAL, FOVEA_ERR_INTERNAL },
    { FOVEA_SAID_OF_LOAD, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_CPU_UNSUPPORTED },
    { FOVEA_SAID_OF_LOAD, 310, 319 }, /* the model's files */
    { FOVEA_SAID_OF_LOAD, FOVEA_ERR_SANDBOX, FOVEA_ERR_SANDBOX },
    { FOVEA_SAID_OF_LOAD, FOVEA_ERR_INTERNAL, FOVEA_ERR_INTERNAL },
};

bool
fovea_may_be_said(enum fovea_said_of what, enum fovea_status status)
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
fovea_sayable(enum fovea_said_of what, enum fovea_status status)
{
    bool is_right = status == FOVEA_OK || fovea_may_be_said(what, status);
    return is_right ? status : FOVEA_ERR_INTERNAL;
}
