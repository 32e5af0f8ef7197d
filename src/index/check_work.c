/* See check_work.h. */
#include "index/check_work.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

void
fovea_check_report(struct fovea_check *check, const char *remedy,
        const char *format, ...)
{
    char fault[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault, sizeof fault, format, arguments);
    va_end(arguments);
    fovea_utf8_make_line(fault);
    check->n_faults++;
    if (!check->calls->on_fault(check->calls->context, fault, remedy)) {
        check->is_ended = true;
    }
}
