/* See tar_input.h. */
#include "unpacker/tar_input.h"

#include <errno.h>

#include "base/size.h"

enum {
    BLOCK = 512 /* bytes, of a tar */
};

bool
fovea_tar_input_init(struct fovea_tar_input *input, int fd, uint64_t offset,
        struct fovea_teller *teller)
{
    off_t end = lseek(fd, 0, SEEK_END);
    input->fd = fd;
    input->is_file = end >= 0;
    input->start = offset;
    input->size = input->is_file ? (uint64_t)end : 0;
    input->n_in = 0;
    input->has_failed = false;
    input->teller = teller;
    if (!input->is_file) {
        errno = ESPIPE;
        return offset == 0;
    }
    errno = EINVAL;
    return offset <= input->size && lseek(fd, (off_t)offset, SEEK_SET) >= 0;
}

/* The next bytes; before it waits for them, what was found so far is told. */
static la_ssize_t
read_more(struct archive *archive, void *context, const void **bytes_out)
{
    struct fovea_tar_input *input = context;
    ssize_t n = -1;
    fovea_tell_now(input->teller);
    do {
        n = read(input->fd, input->buffer, sizeof input->buffer);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        input->has_failed = true;
        archive_set_error(archive, errno, "it cannot be read");
        return ARCHIVE_FATAL;
    }
    input->n_in += (uint64_t)n;
    fovea_tell_progress(input->teller, (uint64_t)n);
    *bytes_out = input->buffer;
    return n;
}

/* Pass over bytes of a file, but not over its end: what is not there is to be
   missed. */
static la_int64_t
pass_over(struct archive *archive, void *context, la_int64_t wanted)
{
    struct fovea_tar_input *input = context;
    uint64_t left = fovea_bytes_left(input->size, input->start + input->n_in);
    uint64_t n = fovea_least_bytes((uint64_t)wanted, left);
    (void)archive;
    if (!input->is_file || n == 0 || lseek(input->fd, (off_t)n, SEEK_CUR) < 0) {
        return 0;
    }
    input->n_in += n;
    return (la_int64_t)n;
}

/* As many bytes as there are; fewer where reading fails, which whoever reads on there
   is told. */
static size_t
read_block(const struct fovea_tar_input *input, uint64_t at, void *bytes,
        size_t size)
{
    size_t n = 0;
    ssize_t more = lseek(input->fd, (off_t)at, SEEK_SET) < 0 ? 0 : 1;
    while (more != 0 && n < size) {
        more = read(input->fd, (uint8_t *)bytes + n, size - n);
        if (more < 0 && errno != EINTR) {
            more = 0;
        }
        n += more > 0 ? (size_t)more : 0;
    }
    return n;
}

/* Whether its checksum is that of a header: of all bytes, its own as blanks. */
static bool
is_header(const uint8_t block[BLOCK])
{
    enum {
        SUM = 148,
        SUM_SIZE = 8
    };
    uint32_t sum = 0;
    uint32_t said = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bool is_sum = i >= SUM && i < SUM + SUM_SIZE;
        sum += is_sum ? ' ' : block[i];
        if (is_sum && block[i] >= '0' && block[i] <= '7') {
            said = said * 8 + (uint32_t)(block[i] - '0');
        }
    }
    return sum == said;
}

/* The first block from there on that is not all zeros; or where the file ends. */
static uint64_t
pass_zeros(struct fovea_tar_input *input, uint64_t at)
{
    for (;;) {
        size_t n = read_block(input, at, input->buffer, sizeof input->buffer);
        size_t n_zeros = 0;
        while (n_zeros < n && input->buffer[n_zeros] == 0) {
            n_zeros++;
        }
        fovea_tell_progress(input->teller, n);
        at += n_zeros / BLOCK * BLOCK;
        if (n_zeros < sizeof input->buffer) {
            return at;
        }
    }
}

bool
fovea_tar_input_go_on(struct fovea_tar_input *input, uint64_t from)
{
    if (!input->is_file) {
        return false;
    }
    uint64_t at = pass_zeros(input, from);
    if (read_block(input, at, input->buffer, BLOCK) < BLOCK ||
            !is_header(input->buffer)) {
        return false;
    }
    input->start = at;
    input->n_in = 0;
    return lseek(input->fd, (off_t)at, SEEK_SET) >= 0;
}

int
fovea_tar_input_open(struct fovea_tar_input *input, struct archive *archive)
{
    int result = archive_read_set_callback_data(archive, input);
    if (!result) {
        result = archive_read_set_read_callback(archive, read_more);
    }
    if (!result) {
        result = archive_read_set_skip_callback(archive, pass_over);
    }
    return result ? result : archive_read_open1(archive);
}
