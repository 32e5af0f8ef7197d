/*
 * Pages of listings: the first line is the prefix, the rest XML. What is read has
 * keys below the prefix, in order, no more than were asked for.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "s3/page.h"

static void
check_good(const struct fovea_page *page, const char *prefix)
{
    FOVEA_ASSERT(page->n <= FOVEA_PAGE_KEYS);
    FOVEA_ASSERT(!page->is_truncated || page->continuation[0]);
    for (size_t i = 0; i < page->n; i++) {
        const char *key = page->objects[i].key;
        FOVEA_ASSERT(strlen(key) <= FOVEA_MAX_KEY_BYTES);
        FOVEA_ASSERT(strncmp(key, prefix, strlen(prefix)) == 0);
        FOVEA_ASSERT(i == 0 || strcmp(page->objects[i - 1].key, key) < 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t n = end ? (size_t)(end - data) : 0;
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_page page;
    if (!end || n > FOVEA_MAX_KEY_BYTES) {
        return 0;
    }
    FOVEA_AUTO_FREE char *prefix = malloc(n + 1);
    FOVEA_ASSERT(prefix);
    memcpy(prefix, data, n);
    prefix[n] = '\0';
    enum fovea_status status = fovea_page_read((const char *)end + 1,
            size - n - 1, prefix, NULL, &page, &error);
    FOVEA_ASSERT(status == error.code);
    FOVEA_ASSERT(
            !status || (status == FOVEA_ERR_OBJECT_STORE && error.message[0]));
    if (!status) {
        check_good(&page, prefix);
        fovea_page_finish(&page);
    }
    return 0;
}
