/* Filling the histograms of fovea/pool.h. Guarded by whoever owns one. */
#ifndef FOVEA_BASE_HISTOGRAM_H
#define FOVEA_BASE_HISTOGRAM_H

#include "fovea/pool.h"

/** Count a time; negative ones count as 0. */
void fovea_histogram_add(struct fovea_histogram *histogram, int64_t time_ns);

#endif
