/* Telling the program what happens. Loop thread, no lock held. */
#include "pool/events.h"

#include <stdarg.h>
#include <stdio.h>

void
fovea_event_report(struct fovea_pool *pool, enum fovea_event_kind kind,
        const struct fovea_group *group, const struct fovea_slot *slot,
        const char *format, ...)
{
    if (!pool->settings.on_event) {
        return;
    }
    char message[2 * FOVEA_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct fovea_event event = {
        .kind = kind,
        .model_key = group ? group->settings.key : NULL,
        .pid = slot ? slot->pid : 0,
        .reason = slot ? slot->reason : FOVEA_STOP_NONE,
        .message = message,
    };
    pool->settings.on_event(pool->settings.event_context, &event);
}
