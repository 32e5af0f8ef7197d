/* What `fovea bench` prints. */
#ifndef FOVEA_CLI_BENCH_REPORT_H
#define FOVEA_CLI_BENCH_REPORT_H

#include "base/text.h"
#include "cli/bench_run.h"

/** All figures as one object: the dots of a name are objects in objects. */
void fovea_bench_add_json(struct fovea_text *text, const char *model,
        const struct fovea_bench_figures *figures);

/** For people, at most 80 columns wide. */
void fovea_bench_add_text(struct fovea_text *text, const char *model,
        bool is_text, const struct fovea_bench_figures *figures);

#endif
