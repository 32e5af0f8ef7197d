/* Bodies: see body.h. Large ones grow by moving pages, not bytes (mremap in
   realloc), and memory that was not written to yet takes none. */
#include "http/body.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "option/limits.h"

enum {
    FIRST_CAPACITY = 16 << 10
};

static enum fovea_status
reserve(struct fovea_http_body *body, size_t wanted, uint64_t expected,
        struct fovea_error *err)
{
    if (wanted <= body->capacity) {
        return FOVEA_OK;
    }
    size_t capacity = body->capacity ? body->capacity : FIRST_CAPACITY;
    while (capacity < wanted) {
        if (!fovea_mul_size(capacity, 2, &capacity)) {
            return fovea_fail_memory(err, wanted, "a request");
        }
    }
    if (expected >= wanted && expected < capacity) {
        capacity = (size_t)expected;
    }
    char *data = realloc(body->data, capacity);
    if (!data) {
        return fovea_fail_memory(err, capacity, "a request");
    }
    body->data = data;
    body->capacity = capacity;
    return FOVEA_OK;
}

enum fovea_status
fovea_http_body_add(struct fovea_http_body *body,
        struct fovea_http_body_budget *budget, const char *bytes, size_t size,
        uint64_t expected, struct fovea_error *err)
{
    if (size > fovea_bytes_left(budget->max_bytes, budget->used_bytes)) {
        return fovea_fail(err, FOVEA_ERR_BUSY,
                "all requests together hold %" PRIu64 " bytes of the %" PRIu64
                " that they may %s",
                budget->used_bytes, budget->max_bytes,
                fovea_limit_by(FOVEA_OPTION_BODY_MEMORY));
    }
    size_t wanted = 0;
    if (!fovea_add_size(body->size, size, &wanted)) {
        return fovea_fail_memory(err, size, "a request");
    }
    enum fovea_status status = reserve(body, wanted, expected, err);
    if (!status) {
        memcpy(body->data + body->size, bytes, size);
        body->size = wanted;
        budget->used_bytes += size;
    }
    return status;
}

void
fovea_http_body_finish(struct fovea_http_body *body,
        struct fovea_http_body_budget *budget)
{
    budget->used_bytes -= body->size;
    free(body->data);
    *body = (struct fovea_http_body){ 0 };
}
