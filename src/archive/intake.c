/* See intake.h. */
#include "archive/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"

enum {
    TAR_BLOCK = 512 /* bytes of a header, at least */
};

enum fovea_status
fovea_intake_init(struct fovea_intake *intake,
        const struct fovea_intake_settings *settings, struct fovea_error *err)
{
    *intake = (struct fovea_intake){
        .settings = *settings,
        .number = settings->part.first,
        .next_offset = settings->part.offset,
    };
    intake->buffer = malloc(FOVEA_UNPACKED_MAX_FRAME);
    return intake->buffer
            ? FOVEA_OK
            : fovea_fail_memory(err, FOVEA_UNPACKED_MAX_FRAME, "an archive");
}

void
fovea_intake_finish(struct fovea_intake *intake)
{
    fovea_archive_member_finish(&intake->member);
    free(intake->buffer);
    intake->buffer = NULL;
}

uint8_t *
fovea_intake_room(struct fovea_intake *intake, size_t *size_out)
{
    if (intake->begin > 0) {
        memmove(intake->buffer, intake->buffer + intake->begin,
                intake->end - intake->begin);
        intake->end -= intake->begin;
        intake->begin = 0;
    }
    *size_out = FOVEA_UNPACKED_MAX_FRAME - intake->end;
    return intake->buffer + intake->end;
}

void
fovea_intake_add(struct fovea_intake *intake, size_t n)
{
    intake->end += n;
}

static enum fovea_intake_step
refuse(struct fovea_intake *intake, const char *what, struct fovea_error *err)
{
    intake->state = FOVEA_INTAKE_OVER;
    (void)fovea_fail(err, FOVEA_ERR_ARCHIVE,
            "the process that reads it sent what makes no sense: %s", what);
    return FOVEA_INTAKE_FAILED;
}

/* Whether a place is one where the next member may stand. */
static bool
is_next(struct fovea_intake *intake, uint64_t number, uint64_t offset)
{
    const struct fovea_archive_part *part = &intake->settings.part;
    bool is_in_part = part->count == 0 ||
            number < fovea_sum_bytes(part->first, part->count);
    if (number != intake->number || !is_in_part ||
            offset < intake->next_offset || offset > INT64_MAX) {
        return false;
    }
    intake->number++;
    intake->next_offset = offset + TAR_BLOCK;
    return true;
}

static enum fovea_intake_step
take_ready(struct fovea_intake *intake,
        const struct fovea_unpacked_frame *frame, struct fovea_error *err)
{
    bool is_sealed = false;
    if (!fovea_unpacked_read_ready(frame, &is_sealed) ||
            (!is_sealed && intake->settings.must_be_sealed)) {
        return refuse(intake, "it is not sealed", err);
    }
    intake->state = FOVEA_INTAKE_BETWEEN;
    return FOVEA_INTAKE_MORE;
}

static enum fovea_intake_step
hand_over(struct fovea_intake *intake, struct fovea_archive_member *member_out)
{
    *member_out = intake->member;
    intake->member = (struct fovea_archive_member){ .name = NULL };
    intake->state = FOVEA_INTAKE_BETWEEN;
    return FOVEA_INTAKE_MEMBER;
}

/* Room for a member's bytes. Where there is none that is its problem, and they go
   nowhere. */
static void
make_room(struct fovea_archive_member *member)
{
    member->bytes = malloc(member->size);
    if (!member->bytes) {
        (void)fovea_fail_memory(&member->problem, member->size, "a picture");
    }
}

static enum fovea_intake_step
take_member(struct fovea_intake *intake,
        const struct fovea_unpacked_frame *frame,
        struct fovea_archive_member *member_out, struct fovea_error *err)
{
    struct fovea_unpacked_member *told = &intake->told;
    struct fovea_archive_member *member = &intake->member;
    if (!fovea_unpacked_read_member(frame, told) ||
            !is_next(intake, told->number, told->offset)) {
        return refuse(intake, "a member that is none, or not the next one",
                err);
    }
    if (!told->status &&
            (told->size == 0 ||
                    told->size > intake->settings.max_member_bytes)) {
        return refuse(intake, "a picture of a size that is not allowed", err);
    }
    *member = (struct fovea_archive_member){
        .name = strdup(told->name),
        .number = told->number,
        .offset = told->offset,
        .size = told->size,
    };
    if (!member->name) {
        intake->state = FOVEA_INTAKE_OVER;
        (void)fovea_fail_memory(err, strlen(told->name), "a name");
        return FOVEA_INTAKE_FAILED;
    }
    if (told->status) {
        (void)fovea_fail(&member->problem, told->status, "%s",
                *told->reason ? told->reason : fovea_status_text(told->status));
        return hand_over(intake, member_out);
    }
    make_room(member);
    intake->n_come = 0;
    intake->state = FOVEA_INTAKE_WITHIN;
    return FOVEA_INTAKE_MORE;
}

static enum fovea_intake_step
take_data(struct fovea_intake *intake, const struct fovea_unpacked_frame *frame,
        struct fovea_archive_member *member_out, struct fovea_error *err)
{
    struct fovea_archive_member *member = &intake->member;
    if (frame->size == 0 || frame->size > member->size - intake->n_come) {
        return refuse(intake, "more of a picture than there is", err);
    }
    if (member->bytes) {
        memcpy((uint8_t *)member->bytes + intake->n_come, frame->payload,
                frame->size);
    }
    intake->n_come += frame->size;
    return intake->n_come == member->size ? hand_over(intake, member_out)
                                          : FOVEA_INTAKE_MORE;
}

static enum fovea_intake_step
take_mark(struct fovea_intake *intake, const struct fovea_unpacked_frame *frame,
        struct fovea_archive_member *member_out, struct fovea_error *err)
{
    struct fovea_unpacked_mark mark = { 0 };
    if (!fovea_unpacked_read_mark(frame, &mark) ||
            !is_next(intake, mark.number, mark.offset)) {
        return refuse(intake, "a mark that is none, or not the next one", err);
    }
    *member_out = (struct fovea_archive_member){
        .number = mark.number,
        .offset = mark.offset,
    };
    return FOVEA_INTAKE_MEMBER;
}

/* The end is where it is wanted, or that of the archive. */
static enum fovea_intake_step
take_end(struct fovea_intake *intake, const struct fovea_unpacked_frame *frame,
        struct fovea_error *err)
{
    const struct fovea_archive_part *part = &intake->settings.part;
    struct fovea_unpacked_end end = { 0 };
    uint64_t wanted = fovea_sum_bytes(part->first, part->count);
    if (!fovea_unpacked_read_end(frame, &end) ||
            (end.n_members != intake->number && intake->number > part->first)) {
        return refuse(intake, "another number of members than came", err);
    }
    intake->state = FOVEA_INTAKE_OVER;
    if (intake->settings.counts && !end.is_plain) {
        (void)fovea_fail(err, FOVEA_ERR_CANCELLED,
                "it is packed: its members are known once they are read");
        return FOVEA_INTAKE_FAILED;
    }
    if (!intake->settings.counts && end.n_members < wanted) {
        (void)fovea_fail(err, FOVEA_ERR_ARCHIVE_CHANGED,
                "it has %" PRIu64 " members, and %s%" PRIu64 " are wanted",
                end.n_members, part->count > 0 ? "" : "those from ", wanted);
        return FOVEA_INTAKE_FAILED;
    }
    return FOVEA_INTAKE_END;
}

static enum fovea_intake_step
take_failure(struct fovea_intake *intake,
        const struct fovea_unpacked_frame *frame, struct fovea_error *err)
{
    struct fovea_unpacked_failure failure = { 0 };
    if (!fovea_unpacked_read_failure(frame, &failure)) {
        return refuse(intake, "a failure that is none", err);
    }
    intake->state = FOVEA_INTAKE_OVER;
    intake->next_offset = failure.offset;
    (void)fovea_fail(err, failure.status, "%s", failure.reason);
    if (failure.number > 0) {
        fovea_error_prefix(err, "behind %" PRIu64 " member%s, at byte %" PRIu64,
                failure.number, failure.number == 1 ? "" : "s", failure.offset);
    }
    return FOVEA_INTAKE_FAILED;
}

static enum fovea_intake_step
take_frame(struct fovea_intake *intake,
        const struct fovea_unpacked_frame *frame,
        struct fovea_archive_member *member_out, struct fovea_error *err)
{
    bool is_between = intake->state == FOVEA_INTAKE_BETWEEN;
    bool is_member = is_between && !intake->settings.counts;
    if (frame->type == FOVEA_UNPACKED_FAILED) {
        return take_failure(intake, frame, err);
    }
    if (frame->type == FOVEA_UNPACKED_READY &&
            intake->state == FOVEA_INTAKE_BEGIN) {
        return take_ready(intake, frame, err);
    }
    if (frame->type == FOVEA_UNPACKED_MEMBER && is_member) {
        return take_member(intake, frame, member_out, err);
    }
    if (frame->type == FOVEA_UNPACKED_DATA &&
            intake->state == FOVEA_INTAKE_WITHIN) {
        return take_data(intake, frame, member_out, err);
    }
    if (frame->type == FOVEA_UNPACKED_MARK && is_between && !is_member) {
        return take_mark(intake, frame, member_out, err);
    }
    if (frame->type == FOVEA_UNPACKED_END && is_between) {
        return take_end(intake, frame, err);
    }
    return frame->type == FOVEA_UNPACKED_PROGRESS && frame->size == 0 &&
                    intake->state != FOVEA_INTAKE_BEGIN
            ? FOVEA_INTAKE_MORE
            : refuse(intake, "a frame that is not its turn", err);
}

enum fovea_intake_step
fovea_intake_next(struct fovea_intake *intake,
        struct fovea_archive_member *member_out, struct fovea_error *err)
{
    enum fovea_intake_step step = FOVEA_INTAKE_MORE;
    FOVEA_ASSERT(intake->state != FOVEA_INTAKE_OVER);
    while (step == FOVEA_INTAKE_MORE) {
        struct fovea_unpacked_frame frame = { 0 };
        size_t used = 0;
        enum fovea_unpacked_parsed parsed =
                fovea_unpacked_parse(intake->buffer + intake->begin,
                        intake->end - intake->begin, &frame, &used);
        if (parsed == FOVEA_UNPACKED_MORE) {
            return FOVEA_INTAKE_MORE;
        }
        if (parsed == FOVEA_UNPACKED_BAD) {
            return refuse(intake, "what is no frame", err);
        }
        intake->begin += used;
        step = take_frame(intake, &frame, member_out, err);
    }
    return step;
}
