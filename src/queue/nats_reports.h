/* What nodes say of themselves, over a NATS server: plain messages, which it keeps no
   copy of. */
#ifndef FOVEA_QUEUE_NATS_REPORTS_H
#define FOVEA_QUEUE_NATS_REPORTS_H

#include "queue/nats_link.h"

enum {
    FOVEA_NATS_MAX_REPORTS = 16384 /* that wait to be taken */
};

/** All zero but for what open sets. */
struct fovea_nats_reports {
    struct fovea_nats_link *link;
    const char *job;
    natsSubscription *ask_sub;    /* of a node */
    natsSubscription *report_sub; /* of who asks */
    struct fovea_queue_report
            *ring; /* [FOVEA_NATS_MAX_REPORTS], once it listens */
    /* Under the link's mutex. */
    bool was_asked;
    size_t first;
    size_t n;
};

/** As fovea_queue_send_report() and its kin. */
void fovea_nats_reports_send(struct fovea_nats_reports *reports,
        const char *node, const char *text, size_t size);
bool fovea_nats_reports_asked(struct fovea_nats_reports *reports);
FOVEA_NODISCARD enum fovea_status fovea_nats_reports_ask(
        struct fovea_nats_reports *reports, struct fovea_error *err);
bool fovea_nats_reports_heard(struct fovea_nats_reports *reports,
        struct fovea_queue_report *report_out);

/** After the link is closed. */
void fovea_nats_reports_finish(struct fovea_nats_reports *reports);

#endif
