/* See nats_reports.h. */
#include "queue/nats_reports.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "queue/nats_subject.h"

/* -- in threads of the library's */

static void
on_ask(natsConnection *connection, natsSubscription *sub, natsMsg *message,
        void *context)
{
    struct fovea_nats_reports *reports = context;
    (void)connection;
    (void)sub;
    natsMsg_Destroy(message);
    (void)pthread_mutex_lock(&reports->link->mutex);
    reports->was_asked = true;
    (void)pthread_mutex_unlock(&reports->link->mutex);
    fovea_nats_link_raise(reports->link);
}

/* The oldest goes where there is no room. Under the mutex. */
static void
add(struct fovea_nats_reports *reports, struct fovea_queue_report *report)
{
    if (reports->n == FOVEA_NATS_MAX_REPORTS) {
        fovea_queue_report_finish(&reports->ring[reports->first]);
        reports->first = (reports->first + 1) % FOVEA_NATS_MAX_REPORTS;
        reports->n--;
    }
    reports->ring[(reports->first + reports->n++) % FOVEA_NATS_MAX_REPORTS] =
            *report;
}

static void
on_report(natsConnection *connection, natsSubscription *sub, natsMsg *message,
        void *context)
{
    struct fovea_nats_reports *reports = context;
    struct fovea_queue_report report = { .text = NULL };
    int size = natsMsg_GetDataLength(message);
    (void)connection;
    (void)sub;
    if (size > 0 && size <= FOVEA_QUEUE_MAX_REPORT &&
            fovea_nats_node_of(natsMsg_GetSubject(message), reports->job,
                    report.node)) {
        report.text = strndup(natsMsg_GetData(message), (size_t)size);
        report.size = report.text ? strlen(report.text) : 0;
    }
    natsMsg_Destroy(message);
    if (report.text) {
        (void)pthread_mutex_lock(&reports->link->mutex);
        add(reports, &report);
        (void)pthread_mutex_unlock(&reports->link->mutex);
        fovea_nats_link_raise(reports->link);
    }
}

/* -- in the handle's */

void
fovea_nats_reports_send(struct fovea_nats_reports *reports, const char *node,
        const char *text, size_t size)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    fovea_nats_node_subject(reports->job, node, subject);
    (void)natsConnection_Publish(reports->link->connection, subject, text,
            (int)size);
}

static void
write_ask_subject(const struct fovea_nats_reports *reports, char *subject)
{
    (void)snprintf(subject, FOVEA_NATS_SUBJECT_SIZE, "fovea.%s.ask",
            reports->job);
}

bool
fovea_nats_reports_asked(struct fovea_nats_reports *reports)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    struct fovea_error error;
    if (!reports->ask_sub) {
        enum {
            MAX_MESSAGES = 64
        };
        write_ask_subject(reports, subject);
        if (fovea_nats_link_subscribe(reports->link, subject, MAX_MESSAGES,
                    on_ask, reports, &reports->ask_sub, &error)) {
            return false; /* and again with the next call */
        }
    }
    (void)pthread_mutex_lock(&reports->link->mutex);
    bool was_asked = reports->was_asked;
    reports->was_asked = false;
    (void)pthread_mutex_unlock(&reports->link->mutex);
    return was_asked;
}

enum fovea_status
fovea_nats_reports_ask(struct fovea_nats_reports *reports,
        struct fovea_error *err)
{
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    enum fovea_status status = FOVEA_OK;
    if (!reports->ring) {
        reports->ring = calloc(FOVEA_NATS_MAX_REPORTS, sizeof reports->ring[0]);
        if (!reports->ring) {
            return fovea_fail_memory(err, FOVEA_NATS_MAX_REPORTS, "reports");
        }
    }
    if (!reports->report_sub) {
        fovea_nats_node_subject(reports->job, "*", subject);
        status = fovea_nats_link_subscribe(reports->link, subject,
                FOVEA_NATS_MAX_REPORTS, on_report, reports,
                &reports->report_sub, err);
    }
    if (!status) {
        write_ask_subject(reports, subject);
        natsStatus sent = natsConnection_PublishString(
                reports->link->connection, subject, "");
        if (sent != NATS_OK) {
            status = fovea_nats_link_fail(reports->link, sent, "the broker",
                    err);
        }
    }
    return status;
}

/* The link's mutex is held, or the link is closed. */
static bool
take(struct fovea_nats_reports *reports, struct fovea_queue_report *report_out)
{
    bool is_there = reports->n > 0;
    if (is_there) {
        *report_out = reports->ring[reports->first];
        reports->first = (reports->first + 1) % FOVEA_NATS_MAX_REPORTS;
        reports->n--;
    }
    return is_there;
}

bool
fovea_nats_reports_heard(struct fovea_nats_reports *reports,
        struct fovea_queue_report *report_out)
{
    (void)pthread_mutex_lock(&reports->link->mutex);
    bool is_there = take(reports, report_out);
    (void)pthread_mutex_unlock(&reports->link->mutex);
    return is_there;
}

void
fovea_nats_reports_finish(struct fovea_nats_reports *reports)
{
    struct fovea_queue_report report;
    while (take(reports, &report)) {
        fovea_queue_report_finish(&report);
    }
    free(reports->ring);
    natsSubscription_Destroy(reports->ask_sub);
    natsSubscription_Destroy(reports->report_sub);
}
