/* Metrics of queued jobs: written when they are looked at, shown as they were then. */
#ifndef FOVEA_SERVER_QUEUED_METRICS_H
#define FOVEA_SERVER_QUEUED_METRICS_H

#include "server/queued.h"

/** Write them anew; is_up: the broker answers. The desk's thread. */
void fovea_queued_metrics_renew(struct fovea_queued *queued, bool is_up);

/** Add them to a text, and have jobs be looked at again if they are old. Nothing
 *  without a broker. Loop thread. */
void fovea_queued_metrics(struct fovea_server *server, struct fovea_text *text);

#endif
