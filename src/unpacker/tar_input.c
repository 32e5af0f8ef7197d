/* See tar_input.h. */
#include "unpacker/tar_input.h"

#include <errno.h>

#include "base/size.h"

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
