/*
 * What an unpacker could send, to the host: members keep to what was ordered,
 * whatever comes.
 *
 * The first byte says what was ordered, and how many bytes come at a time.
 */
#include <string.h>

#include "archive/intake.h"
#include "base/macros.h"
#include "fuzz.h"
#include "wire/member_name.h"

enum {
    MAX_MEMBER = 4096
};

/* A member is the next one, within what was ordered. */
static void
check(const struct fovea_archive_member *member,
        const struct fovea_intake_settings *settings, uint64_t number)
{
    FOVEA_ASSERT(member->number == number);
    FOVEA_ASSERT(member->offset >= settings->part.offset);
    FOVEA_ASSERT(!member->name || fovea_member_name_is_safe(member->name));
    FOVEA_ASSERT(!member->bytes ||
            (!member->problem.code && member->size <= MAX_MEMBER));
    if (settings->part.count > 0) {
        FOVEA_ASSERT(number < settings->part.first + settings->part.count);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct fovea_intake_settings settings = {
        .part = data[0] & 1 ? (struct fovea_archive_part){ 3, 4, 512 }
                            : (struct fovea_archive_part){ 0 },
        .max_member_bytes = MAX_MEMBER,
        .must_be_sealed = (data[0] & 2) != 0,
        .counts = (data[0] & 4) != 0,
    };
    const size_t step_bytes = (size_t)(data[0] >> 3) * 16 + 1;
    struct fovea_intake intake = { 0 };
    struct fovea_error error;
    uint64_t number = settings.part.first;
    if (fovea_intake_init(&intake, &settings, &error)) {
        return 0;
    }
    enum fovea_intake_step step = FOVEA_INTAKE_MORE;
    size_t at = 1;
    while (step == FOVEA_INTAKE_MORE || step == FOVEA_INTAKE_MEMBER) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_intake_next(&intake, &member, &error);
        if (step == FOVEA_INTAKE_MEMBER) {
            check(&member, &settings, number++);
        }
        fovea_archive_member_finish(&member);
        if (step == FOVEA_INTAKE_MORE) {
            size_t room = 0;
            uint8_t *to = fovea_intake_room(&intake, &room);
            size_t left = size - at;
            size_t n = left < step_bytes ? left : step_bytes;
            n = n < room ? n : room;
            if (n == 0) {
                break;
            }
            memcpy(to, data + at, n);
            fovea_intake_add(&intake, n);
            at += n;
        }
    }
    fovea_intake_finish(&intake);
    return 0;
}
