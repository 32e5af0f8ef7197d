/*
 * Metrics as text, for Prometheus: the text exposition format 0.0.4.
 *
 * Names go without "fovea_", which all of them begin with. Labels of a series come
 * as `a="b",c="d",`, each with a comma behind it, or as "".
 */
#ifndef FOVEA_BASE_EXPOSITION_H
#define FOVEA_BASE_EXPOSITION_H

#include "fovea/pool.h"

#include "base/text.h"

/** The Content-Type of an answer in this format. */
#define FOVEA_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** What a metric is: its samples follow. type: "counter", "gauge", "histogram". */
void fovea_exposition_head(struct fovea_text *text, const char *name,
        const char *type, const char *help);

/** A metric of one sample, without labels, with its head. */
void fovea_exposition_single(struct fovea_text *text, const char *name,
        const char *type, const char *help, uint64_t value);

/** A sample of a whole number. */
void fovea_exposition_sample(struct fovea_text *text, const char *name,
        const char *labels, uint64_t value);

/** The samples of a histogram of times, in seconds. */
void fovea_exposition_histogram(struct fovea_text *text, const char *name,
        const char *labels, const struct fovea_histogram *times);

/** Add a label, `name="value",`: any bytes, as UTF-8. */
void fovea_exposition_label(struct fovea_text *labels, const char *name,
        const char *value);

#endif
