/* Where members stand: fovea_archive_count(). */
#include <poll.h>

#include "archive/reading.h"
#include "base/error.h"

FOVEA_DEFINE_AUTO(struct fovea_archive *, fovea_archive_close);

struct counting {
    fovea_archive_visit_fn *visit;
    void *context;
    struct fovea_archive_counted *counted;
    uint64_t last_offset; /* of a member's header */
};

/* A member, or the place that stands for the damage behind the last one. */
static enum fovea_status
count_one(struct counting *counting, uint64_t offset, struct fovea_error *err)
{
    struct fovea_archive_counted *counted = counting->counted;
    struct fovea_error error = { .code = FOVEA_ERR_CANCELLED };
    counting->last_offset = offset;
    if (counting->visit(counting->context, counted->n_members, offset,
                &error)) {
        counted->n_members++;
        return FOVEA_OK;
    }
    if (err) {
        *err = error;
    }
    return error.code;
}

/* What ended the counting. What is no tar at all has no members to count, as one
   that is packed. */
static enum fovea_status
judge(struct counting *counting, const struct fovea_archive_member *place,
        struct fovea_error *err)
{
    const struct fovea_error *problem = &place->problem;
    uint64_t n = counting->counted->n_members;
    if (problem->code == FOVEA_ERR_ARCHIVE) {
        return n > 0 && place->offset == counting->last_offset
                ? FOVEA_OK
                : count_one(counting, place->offset, err);
    }
    if (problem->code == FOVEA_ERR_CANCELLED ||
            (problem->code == FOVEA_ERR_ARCHIVE_UNSUPPORTED && n == 0)) {
        counting->counted->is_plain = false;
        return FOVEA_OK;
    }
    if (err) {
        *err = *problem;
    }
    return problem->code;
}

static void
wait_for_more(const struct fovea_archive *archive)
{
    struct pollfd more = { .fd = fovea_archive_wait_fd(archive),
        .events = POLLIN };
    (void)poll(&more, 1, -1);
}

enum fovea_status
fovea_archive_count(const struct fovea_archive_settings *settings,
        fovea_archive_visit_fn *visit, void *context,
        struct fovea_archive_counted *counted_out, struct fovea_error *err)
{
    if (fovea_archive_is_remote(settings->name)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.160s: only members of files can be counted before they are "
                "read",
                settings->name);
    }
    FOVEA_AUTO(fovea_archive_close_auto) struct fovea_archive *archive = NULL;
    struct fovea_archive_settings whole = *settings;
    struct counting counting = { visit, context, counted_out, 0 };
    whole.part = (struct fovea_archive_part){ 0 };
    whole.counts = true;
    *counted_out = (struct fovea_archive_counted){ .is_plain = true };
    enum fovea_status status = fovea_archive_open(&whole, &archive, err);
    enum fovea_archive_step step = FOVEA_ARCHIVE_WAIT;
    while (!status && step != FOVEA_ARCHIVE_END) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_archive_next(archive, &member);
        if (step == FOVEA_ARCHIVE_WAIT) {
            wait_for_more(archive);
        } else if (step == FOVEA_ARCHIVE_MEMBER) {
            status = member.problem.code
                    ? judge(&counting, &member, err)
                    : count_one(&counting, member.offset, err);
        }
    }
    if (!status) {
        fovea_local_file_describe(&archive->file, &counted_out->info);
    }
    return status;
}
