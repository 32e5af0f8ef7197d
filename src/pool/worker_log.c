/* What workers write to their logs; how much of it counts: log_budget.h. */
#include "pool/worker_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "pool/events.h"
#include "pool/poll.h"

static void
end_line(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (slot->line_size == 0) {
        return;
    }
    slot->line[slot->line_size] = '\0';
    slot->line_size = 0;
    /* Codecs put bytes of images into what they write. */
    fovea_utf8_make_line(slot->line);
    memcpy(slot->last_line, slot->line, sizeof slot->last_line);
    if (fovea_log_budget_take(&slot->log, &pool->log_lines, pool->now_ns)) {
        fovea_event_report(pool, FOVEA_EVENT_WORKER_LOG, slot->group, slot,
                "%s", slot->last_line);
    }
}

static void
add_bytes(struct fovea_slot *slot, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t n = end ? (size_t)(end - bytes) - at : size - at;
        size_t room = sizeof slot->line - 1 - slot->line_size;
        size_t taken = n < room ? n : room;
        memcpy(slot->line + slot->line_size, bytes + at, taken);
        slot->line_size += taken;
        at += n;
        if (end) {
            end_line(slot);
            at++;
        }
    }
}

/* A NUL would end the line for everybody who reads it. */
static void
replace_nuls(char *bytes, size_t size)
{
    for (char *at = bytes;
            (at = memchr(at, '\0', size - (size_t)(at - bytes)));) {
        *at = '?';
    }
}

static void
report_left_out(struct fovea_slot *slot, bool is_over)
{
    struct fovea_pool *pool = slot->group->pool;
    uint64_t n = fovea_log_budget_left_out(&slot->log, pool->now_ns, is_over);
    if (n > 0) {
        fovea_event_report(pool, FOVEA_EVENT_WORKER_LOG, slot->group, slot,
                "%" PRIu64 " more line%s left out", n, n == 1 ? "" : "s");
    }
}

static void
close_log(struct fovea_slot *slot)
{
    end_line(slot);
    (void)close(slot->log_fd); /* and so out of the epoll */
    slot->log_fd = -1;
}

/* One read a round: a worker that writes without end takes its turn like all
   others. */
static bool
read_some(struct fovea_slot *slot)
{
    char *bytes = (char *)slot->group->pool->buffer;
    ssize_t n = read(slot->log_fd, bytes, FOVEA_FRAME_MAX_SIZE);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_log(slot);
    }
    if (n > 0) {
        replace_nuls(bytes, (size_t)n);
        add_bytes(slot, bytes, (size_t)n);
    }
    return n > 0;
}

void
fovea_worker_log_receive(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    if (slot->log_fd < 0) {
        return;
    }
    (void)read_some(slot);
    if (slot->log_fd >= 0 && fovea_log_budget_read(&slot->log, pool->now_ns)) {
        fovea_poll_unwatch(pool, slot->log_fd);
        slot->log_rests_until_ns = pool->now_ns + FOVEA_LOG_REST_NS;
    }
    fovea_poll_due(pool, fovea_log_budget_due_ns(&slot->log));
}

void
fovea_worker_log_upkeep(struct fovea_slot *slot)
{
    struct fovea_pool *pool = slot->group->pool;
    report_left_out(slot, false);
    fovea_poll_due(pool, fovea_log_budget_due_ns(&slot->log));
    if (slot->log_fd < 0 || slot->log_rests_until_ns == 0) {
        return;
    }
    if (pool->now_ns < slot->log_rests_until_ns) {
        fovea_poll_due(pool, slot->log_rests_until_ns);
        return;
    }
    slot->log_rests_until_ns = 0;
    if (!fovea_poll_watch_log(pool, slot)) {
        close_log(slot); /* rather than let it stand still */
    }
}

void
fovea_worker_log_finish(struct fovea_slot *slot)
{
    /* What is in the pipe; whoever else holds its other end is not waited
       for. */
    for (unsigned i = 0; i < FOVEA_LOG_READS && slot->log_fd >= 0; i++) {
        if (!read_some(slot)) {
            break;
        }
    }
    end_line(slot);
    report_left_out(slot, true);
}
