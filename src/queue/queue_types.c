/* See queue_types.h. */
#include "queue/queue_types.h"

#include <stdlib.h>
#include <string.h>

bool
fovea_queue_is_name(const char *name)
{
    size_t size = strspn(name,
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return size > 0 && size <= FOVEA_QUEUE_MAX_NAME && !name[size];
}

void
fovea_queue_delivery_finish(struct fovea_queue_delivery *delivery)
{
    free(delivery->message);
    free(delivery->handle);
    *delivery = (struct fovea_queue_delivery){ .message = NULL };
}

void
fovea_queue_report_finish(struct fovea_queue_report *report)
{
    free(report->text);
    report->text = NULL;
}
