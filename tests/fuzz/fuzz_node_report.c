/*
 * What nodes say of themselves, as it comes from a broker: refused, or numbers within
 * their bounds and plain lines, which can be written and read again.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "jobs/node_metrics.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_node_report report;
    struct fovea_node_report again;
    enum fovea_status status =
            fovea_node_report_read((const char *)data, size, &report, &error);
    FOVEA_ASSERT(status == error.code);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_JOB_MESSAGE && error.message[0]);
        return 0;
    }
    FOVEA_ASSERT(report.n_shards <= FOVEA_NODE_SHARDS);
    FOVEA_ASSERT(report.rate >= 0);
    FOVEA_ASSERT(!strpbrk(report.reason, "\r\n\033"));
    FOVEA_ASSERT(!strpbrk(report.version, "\r\n\033"));
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_node_report_write(&report, &text);
    FOVEA_ASSERT(!fovea_node_report_read(text.data, text.size, &again, &error));
    FOVEA_ASSERT(again.n_items == report.n_items);
    FOVEA_ASSERT(strcmp(again.reason, report.reason) == 0);
    fovea_node_metrics_write(&report, "job", &text);
    return 0;
}
