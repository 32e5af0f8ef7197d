/* See reader.h. */
#include "indexing/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "image/signatures.h"
#include "option/limits.h"

enum {
    BLOCK_BYTES = 64 << 10 /* less than malloc() maps by itself */
};

struct fovea_reader {
    uint64_t max_bytes;
    unsigned n_threads;
    struct fovea_background threads[FOVEA_READER_THREADS];
    unsigned next_thread;
    int fd; /* eventfd */
    size_t n;
    struct fovea_reading *first; /* read, in the order in which they were */
    struct fovea_reading *last;
    atomic_bool is_ending;
};

enum fovea_status
fovea_reading_create(const char *path, struct fovea_reading **reading_out,
        struct fovea_error *err)
{
    struct fovea_reading *reading = calloc(1, sizeof *reading);
    char *copy = strdup(path);
    if (!reading || !copy) {
        free(reading);
        free(copy);
        return fovea_fail_memory(err, sizeof *reading, "a file to be read");
    }
    reading->path = copy;
    reading->fd = -1;
    *reading_out = reading;
    return FOVEA_OK;
}

void
fovea_reading_destroy(struct fovea_reading *reading)
{
    if (reading) {
        if (reading->fd >= 0) {
            (void)close(reading->fd);
        }
        free(reading->path);
        free(reading);
    }
}

/* Of one that cannot be opened: a link that leads nowhere is a file with an
   error, and what is not there is none. */
static void
look_at_closed(struct fovea_reading *reading)
{
    struct stat info;
    if (fstatat(reading->root_fd, reading->path, &info, 0) == 0) {
        reading->stamp = fovea_stamp_of(&info);
        return;
    }
    if (fstatat(reading->root_fd, reading->path, &info, AT_SYMLINK_NOFOLLOW)) {
        reading->is_gone = true;
        return;
    }
    reading->stamp = fovea_stamp_of(&info);
    reading->is_gone = !S_ISLNK(info.st_mode);
}

/* Wait until a change after the stamp was taken would show in another one. */
static void
wait_for_clock(struct fovea_reading *reading)
{
    struct timespec now = { 0, 0 };
    struct stat info;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t wait_ns = fovea_stamp_wait_ns(&reading->stamp,
            now.tv_sec * FOVEA_NS_PER_S + now.tv_nsec);
    if (wait_ns == 0) {
        return;
    }
    const struct timespec wait = {
        .tv_sec = wait_ns / FOVEA_NS_PER_S,
        .tv_nsec = wait_ns % FOVEA_NS_PER_S,
    };
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
    const struct fovea_stamp before = reading->stamp;
    if (fstat(reading->fd, &info) == 0) {
        reading->stamp = fovea_stamp_of(&info);
    }
    reading->has_changed = !fovea_stamp_equal(&before, &reading->stamp);
}

static void
open_file(struct fovea_reading *reading)
{
    struct stat info;
    struct fovea_error *err = &reading->error;
    reading->fd = openat(reading->root_fd, reading->path,
            O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (reading->fd < 0 || fstat(reading->fd, &info)) {
        int error = errno;
        look_at_closed(reading);
        (void)fovea_fail_errno(err,
                error == ENOENT || error == ENOTDIR || error == ELOOP
                        ? FOVEA_ERR_FILE_NOT_FOUND
                        : error == EACCES || error == EPERM
                        ? FOVEA_ERR_FILE_DENIED
                        : FOVEA_ERR_IO,
                error, "the file cannot be opened");
        return;
    }
    reading->stamp = fovea_stamp_of(&info);
    if (!S_ISREG(info.st_mode)) {
        (void)fovea_fail(err, FOVEA_ERR_NOT_A_FILE, "this is no regular file");
        return;
    }
    wait_for_clock(reading);
}

/* Read up to size bytes; short at the end only, or with an error. */
static size_t
read_block(struct fovea_reading *reading, uint64_t offset, void *block,
        size_t size)
{
    size_t n = 0;
    while (n < size && !reading->error.code) {
        ssize_t got = pread(reading->fd, (char *)block + n, size - n,
                (off_t)(offset + n));
        if (got < 0 && errno != EINTR) {
            (void)fovea_fail_errno(&reading->error, FOVEA_ERR_IO, errno,
                    "the file cannot be read");
        }
        if (got == 0) {
            break;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    return n;
}

static void
judge(struct fovea_reading *reading, const unsigned char *block, size_t size)
{
    const struct fovea_signature *found = NULL;
    const struct fovea_head head = {
        .bytes = block,
        .size = size < FOVEA_HEAD_BYTES ? size : FOVEA_HEAD_BYTES,
    };
    uint64_t max_bytes = reading->reader->max_bytes;
    if (fovea_signature_judge(&head, &found, &reading->error)) {
        return;
    }
    if (reading->stamp.size_bytes > max_bytes) {
        (void)fovea_fail(&reading->error, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%" PRIu64 " bytes are more than the limit of %" PRIu64 " %s",
                reading->stamp.size_bytes, max_bytes,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    }
}

/* The digest of all bytes; the first block is looked at before. */
static void
digest(struct fovea_reading *reading, unsigned char *block)
{
    struct fovea_sha256 hash;
    struct fovea_error error;
    fovea_sha256_begin(&hash);
    uint64_t offset = 0;
    size_t n = BLOCK_BYTES;
    /* Bytes that were added since are seen, so that it has changed. */
    while (n == BLOCK_BYTES && !reading->error.code &&
            offset <= reading->stamp.size_bytes &&
            !atomic_load(&reading->reader->is_ending)) {
        n = read_block(reading, offset, block, BLOCK_BYTES);
        if (offset == 0 && !reading->error.code) {
            judge(reading, block, n);
        }
        if (!reading->error.code) {
            fovea_sha256_add(&hash, block, n);
        }
        offset += n;
    }
    if (!reading->error.code && offset != reading->stamp.size_bytes) {
        reading->has_changed = true;
    }
    enum fovea_status status = fovea_sha256_end(&hash, reading->digest, &error);
    if (status && !reading->error.code) {
        reading->error = error;
    }
}

static void
run(struct fovea_background_job *job)
{
    struct fovea_reading *reading = (struct fovea_reading *)job;
    FOVEA_AUTO_FREE unsigned char *block = malloc(BLOCK_BYTES);
    if (!block) {
        (void)fovea_fail_memory(&reading->error, BLOCK_BYTES, "a file's bytes");
        return;
    }
    open_file(reading);
    if (!reading->error.code && !reading->has_changed) {
        digest(reading, block);
    }
}

static void
done(struct fovea_background_job *job)
{
    struct fovea_reading *reading = (struct fovea_reading *)job;
    struct fovea_reader *reader = reading->reader;
    reading->next = NULL;
    *(reader->last ? &reader->last->next : &reader->first) = reading;
    reader->last = reading;
}

static void
wake(void *context)
{
    struct fovea_reader *reader = context;
    uint64_t one = 1;
    (void)!write(reader->fd, &one, sizeof one);
}

enum fovea_status
fovea_reader_create(unsigned n_threads, uint64_t max_bytes,
        struct fovea_reader **reader_out, struct fovea_error *err)
{
    struct fovea_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        return fovea_fail_memory(err, sizeof *reader, "the reader of files");
    }
    reader->max_bytes = max_bytes;
    reader->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reader->fd < 0) {
        int error = errno;
        free(reader);
        return fovea_fail_errno(err, FOVEA_ERR_IO, error,
                "cannot make an event descriptor");
    }
    reader->n_threads = n_threads;
    for (unsigned i = 0; i < n_threads; i++) {
        fovea_background_init(&reader->threads[i], "fovea-read", wake, reader);
    }
    *reader_out = reader;
    return FOVEA_OK;
}

void
fovea_reader_destroy(struct fovea_reader *reader)
{
    if (!reader) {
        return;
    }
    atomic_store(&reader->is_ending, true);
    for (unsigned i = 0; i < reader->n_threads; i++) {
        fovea_background_finish(&reader->threads[i]);
    }
    while (reader->first) {
        struct fovea_reading *next = reader->first->next;
        fovea_reading_destroy(reader->first);
        reader->first = next;
    }
    (void)close(reader->fd);
    free(reader);
}

enum fovea_status
fovea_reader_add(struct fovea_reader *reader, struct fovea_reading *reading,
        struct fovea_error *err)
{
    struct fovea_background *thread =
            &reader->threads[reader->next_thread++ % reader->n_threads];
    int error = fovea_background_start(thread, 1);
    if (error) {
        fovea_reading_destroy(reading);
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                "cannot start a thread");
    }
    reading->reader = reader;
    reading->job = (struct fovea_background_job){ .run = run, .done = done };
    reader->n++;
    fovea_background_add(thread, &reading->job);
    return FOVEA_OK;
}

struct fovea_reading *
fovea_reader_take(struct fovea_reader *reader)
{
    if (!reader->first) {
        uint64_t n = 0;
        (void)!read(reader->fd, &n, sizeof n);
        for (unsigned i = 0; i < reader->n_threads; i++) {
            fovea_background_collect(&reader->threads[i]);
        }
    }
    struct fovea_reading *reading = reader->first;
    if (reading) {
        reader->first = reading->next;
        reader->last = reader->first ? reader->last : NULL;
        reading->next = NULL;
        reader->n--;
    }
    return reading;
}

size_t
fovea_reader_count(const struct fovea_reader *reader)
{
    return reader->n;
}

int
fovea_reader_fd(const struct fovea_reader *reader)
{
    return reader->fd;
}
