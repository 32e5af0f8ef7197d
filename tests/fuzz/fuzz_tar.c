/*
 * Archives, by the code of fovea-unpacker: whatever comes, what it tells is what the
 * host takes.
 *
 * The first byte says what is ordered. What is told goes through a file, and from
 * there to the host's half.
 */
#include <string.h>
#include <unistd.h>

#include "archive/intake.h"
#include "base/macros.h"
#include "fuzz.h"
#include "sys/memfd.h"
#include "unpacker/unpack.h"

enum {
    MAX_MEMBER = 1 << 16,
    MAX_MEMBERS = 64
};

static int
file_of(const void *bytes, size_t size)
{
    int fd = -1;
    struct fovea_error error;
    enum fovea_status status = fovea_memfd_create("fuzz", &fd, &error);
    if (!status) {
        status = fovea_memfd_write(fd, bytes, size, &error);
    }
    FOVEA_ASSERT(!status && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static void
take_all(int fd, const struct fovea_intake_settings *settings)
{
    struct fovea_intake intake = { 0 };
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_intake_step step = FOVEA_INTAKE_MORE;
    enum fovea_status status = fovea_intake_init(&intake, settings, &error);
    FOVEA_ASSERT(!status);
    while (step == FOVEA_INTAKE_MORE || step == FOVEA_INTAKE_MEMBER) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_intake_next(&intake, &member, &error);
        fovea_archive_member_finish(&member);
        if (step == FOVEA_INTAKE_MORE) {
            size_t room = 0;
            uint8_t *to = fovea_intake_room(&intake, &room);
            ssize_t n = read(fd, to, room);
            FOVEA_ASSERT(n > 0); /* it says how it ends */
            fovea_intake_add(&intake, (size_t)n);
        }
    }
    FOVEA_ASSERT(step == FOVEA_INTAKE_END ||
            !strstr(error.message, "makes no sense"));
    fovea_intake_finish(&intake);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fovea_unpacker unpacker;
    if (size == 0) {
        return 0;
    }
    memset(&unpacker, 0, sizeof unpacker);
    const struct fovea_intake_settings settings = {
        .part = { data[0] & 7, (data[0] >> 3) & 3, 0 },
        .max_member_bytes = MAX_MEMBER,
        .counts = (data[0] & 32) != 0,
    };
    unpacker.order = (struct fovea_unpacker_order){
        .counts = settings.counts,
        .sandbox = FOVEA_SANDBOX_OFF,
        .max_memory_bytes = 64 << 20,
        .max_expansion = 2,
        .max_members = MAX_MEMBERS,
        .max_member_bytes = MAX_MEMBER,
        .first = settings.counts ? 0 : settings.part.first,
        .count = settings.counts ? 0 : settings.part.count,
    };
    struct fovea_intake_settings host = settings;
    host.part.first = unpacker.order.first;
    host.part.count = unpacker.order.count;
    FOVEA_AUTO_FD int input = file_of(data + 1, size - 1);
    FOVEA_AUTO_FD int output = file_of("", 0);
    fovea_teller_init(&unpacker.teller, output);
    fovea_tell_ready(&unpacker.teller, true);
    bool is_open =
            fovea_tar_input_init(&unpacker.input, input, 0, &unpacker.teller);
    FOVEA_ASSERT(is_open);
    fovea_unpack(&unpacker);
    FOVEA_ASSERT(lseek(output, 0, SEEK_SET) == 0);
    take_all(output, &host);
    return 0;
}
