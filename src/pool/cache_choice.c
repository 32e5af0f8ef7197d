/* See cache_choice.h. */
#include "pool/cache_choice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/checksum.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/number.h"
#include "base/sha256.h"
#include "pool/cache_folder.h"
#include "sys/cpu.h"

enum {
    MAX_CHOICES = 256,
    TEXT_SIZE = 192,
    LOCK_PAUSE_NS = 5 * 1000 * 1000,
};

static const int64_t lock_wait_ns = 60 * FOVEA_NS_PER_S;

static const char choices_folder[] = "dtypes";

void
fovea_cache_choice_key(const struct fovea_choice_shape *shape,
        char key_out[FOVEA_CACHE_KEY_SIZE])
{
    char machine[FOVEA_CPU_WORD_SIZE];
    char numbers[64];
    struct fovea_sha256 hash;
    fovea_cpu_word(machine);
    (void)snprintf(numbers, sizeof numbers,
            "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32, shape->width,
            shape->mlp, shape->n_heads, shape->grid);
    fovea_sha256_begin(&hash);
    fovea_sha256_add_text(&hash, FOVEA_VERSION);
    fovea_sha256_add_text(&hash, machine);
    fovea_sha256_add_text(&hash, fovea_cpu_allowed());
    fovea_sha256_add_text(&hash, numbers);
    if (fovea_sha256_end(&hash, key_out, NULL)) {
        key_out[0] = '\0';
    }
}

/* The whole file. */
static int
write_text(const char *key, const struct fovea_choice_times *times,
        char text[TEXT_SIZE])
{
    int n = snprintf(text, TEXT_SIZE, "%s\n%" PRIu64 " %" PRIu64 "\n", key,
            times->f32_ns, times->bf16_ns);
    return n +
            snprintf(text + n, TEXT_SIZE - (size_t)n, "%016" PRIx64 "\n",
                    fovea_checksum(text, (size_t)n));
}

static bool
read_times(const char *at, struct fovea_choice_times *times_out)
{
    return fovea_number_scan(&at, &times_out->f32_ns) && *at++ == ' ' &&
            fovea_number_scan(&at, &times_out->bf16_ns) &&
            fovea_choice_times_are_good(times_out);
}

bool
fovea_cache_choice_read(const struct fovea_cache *cache, const char *key,
        struct fovea_choice_times *times_out)
{
    FOVEA_AUTO_FD int folder = -1;
    if (!cache->directory || !fovea_cache_is_key(key) ||
            fovea_cache_folder_open(cache->directory, choices_folder, &folder,
                    NULL) ||
            folder < 0) {
        return false;
    }
    FOVEA_AUTO_FD int fd = fovea_cache_folder_open_file(folder, key);
    char text[TEXT_SIZE] = "";
    char wanted[TEXT_SIZE];
    struct fovea_choice_times times;
    if (fd < 0 || pread(fd, text, sizeof text - 1, 0) < FOVEA_CACHE_KEY_SIZE ||
            !read_times(text + FOVEA_CACHE_KEY_SIZE, &times)) {
        return false;
    }
    /* What would be written of it is what is there, or it is something else. */
    (void)write_text(key, &times, wanted);
    if (strcmp(text, wanted) != 0) {
        return false;
    }
    (void)futimens(fd, NULL); /* used now */
    *times_out = times;
    return true;
}

void
fovea_cache_choice_write(const struct fovea_cache *cache, const char *key,
        const struct fovea_choice_times *times)
{
    FOVEA_AUTO_FREE char *folder = NULL;
    FOVEA_AUTO_FD int folder_fd = -1;
    if (!cache->directory || !fovea_cache_is_key(key) ||
            fovea_cache_folder_need(cache->directory, choices_folder, &folder,
                    &folder_fd, NULL)) {
        return;
    }
    char text[TEXT_SIZE];
    const int size = write_text(key, times, text);
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    if (!fovea_cache_folder_begin_file(folder, key, &file, NULL) &&
            !fovea_atomic_file_write(&file, text, (size_t)size, NULL) &&
            !fovea_atomic_file_commit(&file, NULL)) {
        (void)!fovea_cache_folder_trim(folder_fd, UINT64_MAX, MAX_CHOICES, key,
                NULL);
    }
    fovea_atomic_file_abandon(&file);
}

int
fovea_cache_choice_lock(const struct fovea_cache *cache)
{
    FOVEA_AUTO_FREE char *folder = NULL;
    FOVEA_AUTO_FD int fd = -1;
    if (!cache->directory ||
            fovea_cache_folder_need(cache->directory, choices_folder, &folder,
                    &fd, NULL)) {
        return -1;
    }
    const int64_t until_ns = fovea_clock_ns() + lock_wait_ns;
    int failed = flock(fd, LOCK_EX | LOCK_NB);
    while (failed && (errno == EINTR || errno == EWOULDBLOCK) &&
            fovea_clock_ns() < until_ns) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
        failed = flock(fd, LOCK_EX | LOCK_NB);
    }
    int locked = failed ? -1 : fd;
    fd = failed ? fd : -1;
    return locked;
}
