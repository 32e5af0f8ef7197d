/* The pool's statistics as a table for people. */
#ifndef FOVEA_CLI_STATS_REPORT_H
#define FOVEA_CLI_STATS_REPORT_H

#include "fovea/fovea.h"

#include "base/text.h"

void fovea_stats_report(const struct fovea_pool_stats *stats,
        struct fovea_text *text);

/** Write a library's on stderr. */
void fovea_stats_report_of(struct fovea *library);

#endif
