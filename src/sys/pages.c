/* See pages.h. */
#include "sys/pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/size.h"

/* Of Linux 6.1 and 5.14; libc may be older. */
#ifndef MADV_COLLAPSE
#    define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_READ
#    define MADV_POPULATE_READ  22
#    define MADV_POPULATE_WRITE 23
#endif

enum {
    SMALL_PAGE_BYTES = 4096
};

void *
fovea_pages_map(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    /* A wish: kernels without huge pages refuse it, and small ones serve. */
    (void)madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}

/* Address space of that size, which begins where a huge page could; to be mapped
   over. */
static void *
reserve_aligned(size_t size)
{
    uint8_t *space = mmap(NULL, size + FOVEA_HUGE_PAGE_BYTES, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) {
        return MAP_FAILED;
    }
    const size_t before = -(uintptr_t)space % FOVEA_HUGE_PAGE_BYTES;
    if (before > 0) {
        (void)munmap(space, before);
    }
    if (before < FOVEA_HUGE_PAGE_BYTES) {
        (void)munmap(space + before + fovea_round_up(size, SMALL_PAGE_BYTES),
                FOVEA_HUGE_PAGE_BYTES - before);
    }
    return space + before;
}

void *
fovea_pages_map_file(int fd, size_t size, bool is_writable)
{
    const int protection = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *space = reserve_aligned(size);
    if (space == MAP_FAILED) {
        return NULL;
    }
    void *pages = mmap(space, size, protection, MAP_SHARED | MAP_FIXED, fd, 0);
    if (pages == MAP_FAILED) {
        const int error = errno;
        (void)munmap(space, size);
        errno = error;
        return NULL;
    }
    /* In this order: what has to be read is read in huge pages then. */
    (void)madvise(pages, size, MADV_HUGEPAGE);
    if (madvise(pages, size,
                is_writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) &&
            errno == EINVAL) {
        /* Linux before 5.14. */
        (void)madvise(pages, size, MADV_WILLNEED);
    }
    return pages;
}

bool
fovea_pages_collapse(int fd, size_t size)
{
    const size_t whole = size - size % FOVEA_HUGE_PAGE_BYTES;
    void *space = whole > 0 ? reserve_aligned(whole) : MAP_FAILED;
    if (space == MAP_FAILED) {
        return false;
    }
    bool is_done = mmap(space, whole, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
                           0) != MAP_FAILED &&
            madvise(space, whole, MADV_COLLAPSE) == 0;
    (void)munmap(space, whole);
    return is_done;
}

void
fovea_pages_unmap(void *pages, size_t size)
{
    if (pages) {
        (void)munmap(pages, size);
    }
}
