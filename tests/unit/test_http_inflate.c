/* Packed bodies: every format, every cut, in pieces of every size; and bombs. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/inflate.h"
#include "support/test.h"

enum {
    GZIP = MAX_WBITS + 16,
    ZLIB = MAX_WBITS,
    BARE = -MAX_WBITS,
    PLAIN_SIZE = 50000
};

static char plain[PLAIN_SIZE];

static void
pack(const char *data, size_t size, int format, struct fovea_text *out)
{
    char piece[4096];
    z_stream stream = { .next_in = (const Bytef *)data,
        .avail_in = (uInt)size };
    assert_int_equal(
            deflateInit2(&stream, 6, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
    int code = Z_OK;
    while (code == Z_OK) {
        stream.next_out = (Bytef *)piece;
        stream.avail_out = sizeof piece;
        code = deflate(&stream, Z_FINISH);
        fovea_text_add(out, piece, sizeof piece - stream.avail_out);
    }
    assert_int_equal(code, Z_STREAM_END);
    (void)deflateEnd(&stream);
}

/* What comes out, up to a limit. */
struct sink {
    struct fovea_text text;
    size_t most;
};

static enum fovea_status
take(void *context, const char *data, size_t size, struct fovea_error *err)
{
    struct sink *sink = context;
    fovea_text_add(&sink->text, data, size);
    return sink->text.size > sink->most
            ? fovea_fail(err, FOVEA_ERR_BODY_TOO_LARGE, "too much")
            : FOVEA_OK;
}

static enum fovea_status
unpack(enum fovea_http_coding coding, const char *data, size_t size,
        size_t step, struct sink *sink, struct fovea_error *err)
{
    struct fovea_http_inflate *packed = NULL;
    enum fovea_status status = fovea_http_inflate_create(coding, &packed, err);
    for (size_t at = 0; !status && at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        status = fovea_http_inflate_add(packed, data + at, n, take, sink, err);
    }
    if (!status) {
        status = fovea_http_inflate_end(packed, err);
    }
    fovea_http_inflate_destroy(packed);
    return status;
}

static void
check(enum fovea_http_coding coding, const struct fovea_text *packed,
        const char *expected, size_t size)
{
    static const size_t steps[] = { 1, 2, 3, 1000, SIZE_MAX / 2 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(steps); i++) {
        struct sink sink = { .most = SIZE_MAX };
        struct fovea_error error;
        assert_ok(unpack(coding, packed->data, packed->size, steps[i], &sink,
                          &error),
                &error);
        assert_int_equal(sink.text.size, size);
        assert_memory_equal(size ? sink.text.data : "", expected, size);
        fovea_text_finish(&sink.text);
    }
}

static void
check_bad(enum fovea_http_coding coding, const char *data, size_t size,
        const char *part)
{
    struct sink sink = { .most = SIZE_MAX };
    struct fovea_error error;
    assert_fails(unpack(coding, data, size, 7, &sink, &error), &error,
            FOVEA_ERR_ARGUMENT, part);
    fovea_text_finish(&sink.text);
}

static void
both_formats_are_unpacked(void **state)
{
    (void)state;
    static const struct {
        enum fovea_http_coding coding;
        int format;
    } rows[] = { { FOVEA_HTTP_CODING_GZIP, GZIP },
        { FOVEA_HTTP_CODING_DEFLATE, ZLIB },
        { FOVEA_HTTP_CODING_DEFLATE, BARE } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        struct fovea_text packed = { 0 };
        pack(plain, PLAIN_SIZE, rows[i].format, &packed);
        check(rows[i].coding, &packed, plain, PLAIN_SIZE);
        /* Cut anywhere it is not whole. */
        for (size_t size = 0; size < packed.size; size += 1 + size / 9) {
            check_bad(rows[i].coding, packed.data, size, "ends before");
        }
        check_bad(rows[i].coding, packed.data, packed.size - 1, "ends before");
        fovea_text_clear(&packed);
        pack("", 0, rows[i].format, &packed);
        check(rows[i].coding, &packed, "", 0);
        fovea_text_finish(&packed);
    }
}

static void
members_follow_each_other(void **state)
{
    (void)state;
    struct fovea_text packed = { 0 };
    pack("one", 3, GZIP, &packed);
    pack("", 0, GZIP, &packed);
    pack("two", 3, GZIP, &packed);
    check(FOVEA_HTTP_CODING_GZIP, &packed, "onetwo", 6);
    fovea_text_add(&packed, "junk", 4);
    check_bad(FOVEA_HTTP_CODING_GZIP, packed.data, packed.size,
            "is not the gzip");
    fovea_text_clear(&packed);
    pack("one", 3, ZLIB, &packed);
    pack("two", 3, ZLIB, &packed);
    check_bad(FOVEA_HTTP_CODING_DEFLATE, packed.data, packed.size,
            "more behind its end");
    fovea_text_finish(&packed);
}

static void
nonsense_is_refused(void **state)
{
    (void)state;
    static const char json[] = "{\"input\":\"AAAA\"}";
    check_bad(FOVEA_HTTP_CODING_GZIP, json, sizeof json - 1,
            "is not the gzip that Content-Encoding says");
    check_bad(FOVEA_HTTP_CODING_DEFLATE, json, sizeof json - 1,
            "is not the deflate");
    struct fovea_text packed = { 0 };
    pack(plain, PLAIN_SIZE, GZIP, &packed);
    packed.data[packed.size - 6] ^= 1; /* of its checksum */
    check_bad(FOVEA_HTTP_CODING_GZIP, packed.data, packed.size,
            "incorrect data check");
    packed.data[packed.size - 6] ^= 1;
    packed.data[packed.size - 2] ^= 1; /* of its length */
    check_bad(FOVEA_HTTP_CODING_GZIP, packed.data, packed.size,
            "incorrect length check");
    fovea_text_finish(&packed);
    /* zlib's format with a dictionary that nobody has. */
    static const char asks[] = { 0x78, (char)0xbb, 1, 2, 3, 4, 5, 6, 7, 8 };
    check_bad(FOVEA_HTTP_CODING_DEFLATE, asks, sizeof asks, "dictionary");
}

/* A thousand to one: whoever takes it stops it, after one piece too many. */
static void
bombs_are_stopped(void **state)
{
    (void)state;
    const size_t size = 64U << 20;
    const size_t most = 100000;
    FOVEA_AUTO_FREE char *zeros = calloc(1, size);
    struct fovea_text packed = { 0 };
    assert_non_null(zeros);
    pack(zeros, size, GZIP, &packed);
    assert_true(packed.size < size / 500);
    struct sink sink = { .most = most };
    struct fovea_error error;
    assert_fails(unpack(FOVEA_HTTP_CODING_GZIP, packed.data, packed.size,
                         packed.size, &sink, &error),
            &error, FOVEA_ERR_BODY_TOO_LARGE, "too much");
    assert_in_range(sink.text.size, most, most + 100000);
    fovea_text_finish(&sink.text);
    fovea_text_finish(&packed);
}

static void
encodings_are_known_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum fovea_http_coding coding;
    } good[] = { { "gzip", FOVEA_HTTP_CODING_GZIP },
        { "GZip", FOVEA_HTTP_CODING_GZIP },
        { "x-gzip", FOVEA_HTTP_CODING_GZIP },
        { "gzip \t", FOVEA_HTTP_CODING_GZIP },
        { "deflate", FOVEA_HTTP_CODING_DEFLATE },
        { "identity", FOVEA_HTTP_CODING_IDENTITY } };
    static const char *const bad[] = { "", "br", "zstd", "gzip, gzip", "gzipx",
        "gzi", "compress", "identity,gzip" };
    enum fovea_http_coding coding;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(good); i++) {
        assert_true(fovea_http_coding_find(good[i].value, &coding));
        assert_int_equal(coding, good[i].coding);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_false(fovea_http_coding_find(bad[i], &coding));
    }
}

static int
fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLAIN_SIZE; i++) {
        plain[i] = (char)(i * i % 251);
    }
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_are_unpacked),
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(bombs_are_stopped),
        cmocka_unit_test(encodings_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
