/* See pages.h. */
#include "sys/pages.h"

#include <sys/mman.h>

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

void
fovea_pages_unmap(void *pages, size_t size)
{
    if (pages) {
        (void)munmap(pages, size);
    }
}
