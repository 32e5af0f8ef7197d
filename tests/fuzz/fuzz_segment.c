/*
 * Files of vectors: whatever is in one, it is read, searched and paired without
 * harm, and what comes out are scores of rows that there are.
 *
 * An input is laid over a good file. Its first byte says how: 0 as the whole file,
 * 1 at the offset that the third and fourth give, any other by exclusive or there;
 * with 128 more all checksums are made right again, so that what lies behind them
 * is reached. The second byte is how many rows there are said to be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "fuzz.h"
#include "store/pairs.h"
#include "store/scan.h"
#include "store/segment_row.h"
#include "sys/memfd.h"

enum {
    MAX_SIZE = 1 << 16,
    HEAD_SIZE = 4,
    MENDS = 128, /* of the first byte */
    DIMENSION = 5,
    N_ROWS = 20,
};

struct file {
    uint8_t bytes[MAX_SIZE];
    size_t size;
};

static struct file good;

/* The path of a file in memory. */
static void
path_of(int fd, char path[64])
{
    (void)snprintf(path, 64, "/proc/self/fd/%d", fd);
}

static void
make_good(void)
{
    const struct fovea_segment_spec spec = {
        .dimension = DIMENSION,
        .capacity = N_ROWS,
        .store = FOVEA_STORE_F16,
    };
    char folder[] = "/tmp/fovea-fuzz-XXXXXX";
    char path[64];
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[N_ROWS][DIMENSION];
    for (size_t i = 0; i < N_ROWS; i++) {
        for (size_t j = 0; j < DIMENSION; j++) {
            rows[i][j] = (float)(i * i % 7 + j * i % 5) - 2.5F;
        }
    }
    FOVEA_ASSERT(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/0", folder);
    FOVEA_ASSERT(
            fovea_segment_create(path, &spec, &segment, &error) == FOVEA_OK);
    FOVEA_ASSERT(
            fovea_segment_append(segment, rows[0], N_ROWS, &error) == FOVEA_OK);
    fovea_segment_close(segment);
    FILE *file = fopen(path, "re");
    FOVEA_ASSERT(file);
    good.size = fread(good.bytes, 1, sizeof good.bytes, file);
    (void)fclose(file);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void
lay_over(struct file *file, const uint8_t *data, size_t size)
{
    size_t n = size > HEAD_SIZE ? size - HEAD_SIZE : 0;
    unsigned how = size > 0 ? data[0] % MENDS : 0;
    if (how == 0 || size < HEAD_SIZE) {
        file->size = n < sizeof file->bytes ? n : sizeof file->bytes;
        if (file->size > 0) {
            memcpy(file->bytes, data + HEAD_SIZE, file->size);
        }
        return;
    }
    *file = good;
    size_t offset = (size_t)data[2] << 8 | data[3];
    for (size_t i = 0; i < n && offset < file->size; i++, offset++) {
        uint8_t byte = data[HEAD_SIZE + i];
        file->bytes[offset] =
                how == 1 ? byte : (uint8_t)(file->bytes[offset] ^ byte);
    }
}

/* Make the header's and the rows' checksums right. */
static void
mend(struct file *file, uint64_t n_rows)
{
    struct fovea_segment_header header;
    struct fovea_segment_spec spec;
    struct fovea_segment_layout layout;
    struct fovea_error error;
    if (file->size < sizeof header) {
        return;
    }
    memcpy(&header, file->bytes, sizeof header);
    header.checksum = fovea_checksum(&header,
            offsetof(struct fovea_segment_header, checksum));
    memcpy(file->bytes, &header, sizeof header);
    if (fovea_segment_header_check(&header, &spec, &error)) {
        return;
    }
    fovea_segment_layout_init(&header, &layout);
    for (uint64_t row = 0; row < n_rows; row++) {
        uint64_t at = fovea_segment_record_at(&layout, row);
        if (at > file->size || layout.record_size > file->size - at) {
            return;
        }
        struct fovea_codes_mark mark;
        memcpy(&mark, file->bytes + fovea_segment_mark_at(&layout, row),
                sizeof mark);
        struct fovea_segment_checks checks = fovea_segment_checks_make(&layout,
                row, file->bytes + at,
                file->bytes + fovea_segment_codes_at(&layout, row), &mark);
        memcpy(file->bytes + at + layout.record_size - sizeof checks, &checks,
                sizeof checks);
    }
}

static void
assert_known(enum fovea_status status)
{
    FOVEA_ASSERT(status == FOVEA_OK || status == FOVEA_ERR_INDEX_DAMAGED);
}

static enum fovea_status
check_pairs(void *context, const struct fovea_pair *pairs, size_t n,
        uint64_t done, uint64_t total, struct fovea_error *err)
{
    (void)err;
    FOVEA_ASSERT(done <= total);
    for (size_t i = 0; i < n; i++) {
        FOVEA_ASSERT(pairs[i].first < pairs[i].second &&
                pairs[i].second < *(const uint64_t *)context);
        FOVEA_ASSERT(pairs[i].score >= -0.5F && pairs[i].score <= 1);
    }
    return FOVEA_OK;
}

static void
use(const struct fovea_segment *segment)
{
    struct fovea_error error;
    uint64_t n = fovea_segment_n_rows(segment);
    uint64_t n_good = 0;
    float row[DIMENSION];
    static const float query[DIMENSION] = { 1, -1, 0.25F, 3, 1 };
    for (uint64_t i = 0; i < n; i++) {
        assert_known(fovea_segment_read(segment, i, 1, row, &error));
    }
    assert_known(fovea_segment_verify(segment, 0, n, &n_good, &error));
    FOVEA_ASSERT(n_good <= n);
    for (size_t k = 0; k < 4; k += 3) {
        const struct fovea_scan scan = {
            .segments = &segment,
            .n_segments = 1,
            .k = k,
            .min_score = -1,
        };
        struct fovea_hits hits;
        assert_known(fovea_scan_run(&scan, query, 1, &hits, &error));
        for (size_t i = 0; i < hits.n; i++) {
            FOVEA_ASSERT(hits.hits[i].row < n);
            FOVEA_ASSERT(hits.hits[i].score >= -1 && hits.hits[i].score <= 1);
        }
        fovea_hits_finish(&hits);
    }
    const struct fovea_pairs pairs = {
        .segments = &segment,
        .n_segments = 1,
        .threshold = -0.5F,
        .n_threads = 1,
        .found = check_pairs,
        .context = &n,
    };
    uint64_t n_reranked = 0;
    assert_known(fovea_pairs_run(&pairs, &n_reranked, &error));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    struct fovea_error error;
    int fd = -1;
    char path[64];
    if (good.size == 0) {
        make_good();
    }
    uint64_t n_rows = size > 1 ? data[1] : N_ROWS;
    lay_over(&file, data, size);
    if (size > 0 && data[0] >= MENDS) {
        mend(&file, n_rows);
    }
    FOVEA_ASSERT(fovea_memfd_from_bytes("fuzz", file.bytes, file.size, &fd,
                         &error) == FOVEA_OK);
    path_of(fd, path);
    for (unsigned store = FOVEA_STORE_F32; store <= FOVEA_STORE_F16; store++) {
        const struct fovea_segment_spec spec = {
            .dimension = DIMENSION,
            .store = (enum fovea_store)store,
        };
        struct fovea_segment *segment = NULL;
        enum fovea_status status = fovea_segment_open(path, &spec, n_rows,
                FOVEA_SEGMENT_READ, &segment, &error);
        FOVEA_ASSERT(status == FOVEA_OK || status == FOVEA_ERR_INDEX_DAMAGED ||
                status == FOVEA_ERR_INDEX_NEWER);
        if (segment) {
            use(segment);
        }
        fovea_segment_close(segment);
    }
    (void)close(fd);
    return 0;
}
