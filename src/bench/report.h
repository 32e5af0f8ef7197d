/* What was measured, on standard output as bench.h says. */
#ifndef FOVEA_BENCH_REPORT_H
#define FOVEA_BENCH_REPORT_H

#include "bench/measure.h"
#include "bench/measure_text.h"

void fovea_bench_report_images(const struct fovea_bench_options *options,
        const struct fovea_bench_result *result);

void fovea_bench_report_texts(const struct fovea_text_bench_options *options,
        const struct fovea_text_bench_result *result);

#endif
