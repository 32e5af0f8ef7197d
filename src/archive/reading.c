/*
 * An archive that is read: see archive.h.
 *
 * What goes wrong is kept as the archive's problem, and is the last that is told
 * of it. The descriptor that is waited for is an epoll: of what the unpacker sends,
 * and of the time until which it must have sent something.
 */
#include "archive/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/limits.h"

FOVEA_DEFINE_AUTO(struct fovea_archive *, fovea_archive_close);

void
fovea_archive_close(struct fovea_archive *archive)
{
    if (!archive) {
        return;
    }
    fovea_unpacker_end(&archive->unpacker);
    fovea_feed_close(archive->feed);
    fovea_local_file_close(&archive->file);
    fovea_intake_finish(&archive->intake);
    if (archive->timer_fd >= 0) {
        (void)close(archive->timer_fd);
    }
    if (archive->wait_fd >= 0) {
        (void)close(archive->wait_fd);
    }
    free(archive->name);
    free(archive);
}

/* What the unpacker is started for. */
static struct fovea_unpacker_order
order_of(const struct fovea_archive *archive)
{
    const struct fovea_archive_settings *settings = &archive->settings;
    const struct fovea_archive_limits *limits = &archive->terms.limits;
    return (struct fovea_unpacker_order){
        .counts = settings->counts,
        .sandbox = (uint64_t)archive->terms.sandbox,
        .max_memory_bytes = limits->max_memory_bytes,
        .max_expansion = limits->max_expansion,
        .max_members = limits->max_members,
        .max_member_bytes = archive->terms.max_member_bytes,
        .first = settings->part.first,
        .count = settings->part.count,
        .offset = settings->part.offset,
    };
}

static enum fovea_status
watch(struct fovea_archive *archive, struct fovea_error *err)
{
    const int fds[] = { archive->unpacker.output_fd, archive->timer_fd };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fds); i++) {
        struct epoll_event event = { .events = EPOLLIN };
        if (epoll_ctl(archive->wait_fd, EPOLL_CTL_ADD, fds[i], &event)) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "cannot wait for the process that reads it");
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
begin_file(struct fovea_archive *archive,
        const struct fovea_unpacker_order *order, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_local_file_open(archive->name, &archive->file, err);
    if (!status) {
        status = fovea_local_file_expect(&archive->file,
                archive->settings.version, err);
    }
    return status ? status
                  : fovea_unpacker_start(order, archive->file.input.fd,
                            &archive->unpacker, err);
}

static enum fovea_status
begin_remote(struct fovea_archive *archive,
        const struct fovea_unpacker_order *order, struct fovea_error *err)
{
    const struct fovea_archive_settings *settings = &archive->settings;
    FOVEA_AUTO_FD int fd = -1;
    if (settings->counts) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "it is not a file: its members are known once they are read");
    }
    enum fovea_status status =
            fovea_archive_allow(&archive->terms, archive->name, err);
    if (!status) {
        status = fovea_feed_open(archive->name, settings->version,
                &archive->terms.remote, &archive->feed, &fd, err);
    }
    return status ? status
                  : fovea_unpacker_start(order, fd, &archive->unpacker, err);
}

/* Everything that may fail for the archive's sake, or the machine's. */
static enum fovea_status
begin(struct fovea_archive *archive, struct fovea_error *err)
{
    const struct fovea_unpacker_order order = order_of(archive);
    enum fovea_status status = fovea_archive_is_remote(archive->name)
            ? begin_remote(archive, &order, err)
            : begin_file(archive, &order, err);
    return status ? status : watch(archive, err);
}

enum fovea_status
fovea_archive_open(const struct fovea_archive_settings *settings,
        struct fovea_archive **archive_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_archive_close_auto)
    struct fovea_archive *archive = calloc(1, sizeof *archive);
    if (!archive) {
        return fovea_fail_memory(err, sizeof *archive, "an archive");
    }
    archive->file = (struct fovea_local_file)FOVEA_LOCAL_FILE_INIT;
    archive->unpacker =
            (struct fovea_unpacker_process)FOVEA_UNPACKER_PROCESS_INIT;
    archive->stalled_ns = FOVEA_NEVER;
    archive->timer_fd =
            timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    archive->wait_fd = epoll_create1(EPOLL_CLOEXEC);
    archive->settings = *settings;
    archive->name = strdup(settings->name);
    enum fovea_status status =
            fovea_archive_agree(settings, &archive->terms, err);
    if (status) {
        return status;
    }
    const struct fovea_intake_settings intake = {
        .part = settings->part,
        .max_member_bytes = archive->terms.max_member_bytes,
        .must_be_sealed = archive->terms.sandbox == FOVEA_SANDBOX_ON,
        .counts = settings->counts,
    };
    status = fovea_intake_init(&archive->intake, &intake, err);
    if (status || !archive->name || archive->timer_fd < 0 ||
            archive->wait_fd < 0) {
        return status ? status : fovea_fail_memory(err, 1, "an archive");
    }
    (void)begin(archive, &archive->problem);
    *archive_out = FOVEA_TAKE(archive);
    return FOVEA_OK;
}

/* It must send something until then. */
static void
set_timer(struct fovea_archive *archive, int64_t until_ns)
{
    const struct itimerspec time = {
        .it_value = { until_ns / FOVEA_NS_PER_S, until_ns % FOVEA_NS_PER_S },
    };
    archive->stalled_ns = until_ns;
    (void)timerfd_settime(archive->timer_fd, TFD_TIMER_ABSTIME, &time, NULL);
}

/* Behind what it has ended. */
static void
say_where(struct fovea_archive *archive)
{
    uint64_t n = archive->intake.number;
    if (n > 0) {
        fovea_error_prefix(&archive->problem, "behind %" PRIu64 " member%s", n,
                n == 1 ? "" : "s");
    }
}

/* Nothing has come. True: it goes on. */
static bool
has_patience(struct fovea_archive *archive)
{
    int64_t now_ns = fovea_clock_ns();
    int64_t stall_ns = archive->terms.limits.stall_ns;
    if (archive->stalled_ns == FOVEA_NEVER) {
        set_timer(archive, fovea_later(now_ns, stall_ns));
        return true;
    }
    if (now_ns < archive->stalled_ns) {
        return true;
    }
    if (archive->feed && fovea_feed_is_awaited(archive->feed)) {
        set_timer(archive, fovea_later(now_ns, stall_ns));
        return true;
    }
    fovea_unpacker_end(&archive->unpacker);
    (void)fovea_fail(&archive->problem, FOVEA_ERR_ARCHIVE_TOO_COSTLY,
            "the process that reads it came no further within %.4g s %s",
            (double)stall_ns / (double)FOVEA_NS_PER_S,
            fovea_limit_by(FOVEA_OPTION_ARCHIVE_TIME));
    say_where(archive);
    return false;
}

/* Read what there is. False: nothing is, or no more will come, and that is the
   archive's problem. */
static bool
receive(struct fovea_archive *archive)
{
    size_t size = 0;
    uint8_t *room = fovea_intake_room(&archive->intake, &size);
    ssize_t n = -1;
    do {
        n = read(archive->unpacker.output_fd, room, size);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        fovea_intake_add(&archive->intake, (size_t)n);
        archive->stalled_ns = FOVEA_NEVER;
        return true;
    }
    if (n < 0 && errno == EAGAIN) {
        (void)has_patience(archive);
        return false;
    }
    (void)fovea_unpacker_judge(&archive->unpacker, &archive->problem);
    say_where(archive);
    return false;
}

/* The next member, mark or end; or nothing yet, with no problem. */
static enum fovea_intake_step
advance(struct fovea_archive *archive, struct fovea_archive_member *member_out)
{
    enum fovea_intake_step step = FOVEA_INTAKE_MORE;
    do {
        step = fovea_intake_next(&archive->intake, member_out,
                &archive->problem);
    } while (step == FOVEA_INTAKE_MORE && receive(archive));
    if (archive->feed && archive->problem.code &&
            fovea_feed_failure(archive->feed, &archive->problem)) {
        say_where(archive);
    }
    if (!archive->feed && step == FOVEA_INTAKE_END) {
        enum fovea_status status =
                fovea_local_file_check(&archive->file, &archive->problem);
        step = status ? FOVEA_INTAKE_FAILED : step;
    }
    return step;
}

enum fovea_archive_step
fovea_archive_next(struct fovea_archive *archive,
        struct fovea_archive_member *member_out)
{
    if (archive->is_over) {
        return FOVEA_ARCHIVE_END;
    }
    enum fovea_intake_step step = archive->problem.code
            ? FOVEA_INTAKE_FAILED
            : advance(archive, member_out);
    if (archive->problem.code) {
        archive->is_over = true;
        *member_out = (struct fovea_archive_member){
            .number = archive->intake.number,
            .offset = archive->intake.next_offset,
            .problem = archive->problem,
        };
        return FOVEA_ARCHIVE_MEMBER;
    }
    archive->is_over = step == FOVEA_INTAKE_END;
    return step == FOVEA_INTAKE_MEMBER  ? FOVEA_ARCHIVE_MEMBER
            : step == FOVEA_INTAKE_MORE ? FOVEA_ARCHIVE_WAIT
                                        : FOVEA_ARCHIVE_END;
}

int
fovea_archive_wait_fd(const struct fovea_archive *archive)
{
    return archive->wait_fd;
}
