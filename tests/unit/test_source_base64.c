/* base64: every form that is taken, and every malformed one refused. */
#include "base/macros.h"
#include "source/base64.h"
#include "support/test.h"

static void
check_decodes(const char *text, const char *expected, size_t n_expected)
{
    struct fovea_error error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(fovea_base64_decode(text, strlen(text), 1000, &bytes, &size,
                      &error),
            &error);
    assert_int_equal(size, n_expected);
    assert_memory_equal(bytes, expected, n_expected);
    free(bytes);
}

static void
check_refused_bytes(const char *text, size_t n, const char *part)
{
    struct fovea_error error;
    uint8_t *bytes = NULL;
    size_t size = 99;
    assert_fails(fovea_base64_decode(text, n, 1000, &bytes, &size, &error),
            &error, FOVEA_ERR_BASE64, part);
    assert_null(bytes);
    assert_int_equal(size, 99);
}

static void
check_refused(const char *text, const char *part)
{
    check_refused_bytes(text, strlen(text), part);
}

static void
lengths_decode_padded_and_not(void **state)
{
    (void)state;
    /* RFC 4648, section 10. */
    check_decodes("Zg==", "f", 1);
    check_decodes("Zg", "f", 1);
    check_decodes("Zm8=", "fo", 2);
    check_decodes("Zm8", "fo", 2);
    check_decodes("Zm9v", "foo", 3);
    check_decodes("Zm9vYg==", "foob", 4);
    check_decodes("Zm9vYg", "foob", 4);
    check_decodes("Zm9vYmE=", "fooba", 5);
    check_decodes("Zm9vYmFy", "foobar", 6);
}

static void
both_alphabets_decode(void **state)
{
    (void)state;
    check_decodes("+/+/", "\xfb\xff\xbf", 3);
    check_decodes("-_-_", "\xfb\xff\xbf", 3);
    check_decodes("AAAA-_-_AAAA", "\0\0\0\xfb\xff\xbf\0\0\0", 9);
}

static void
every_letter_has_its_value(void **state)
{
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                  "qrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < 64; i++) {
        /* Six bits in the first place, and in the last of a group. */
        char text[5] = { letters[i], 'A', 'A', letters[i], 0 };
        const char expected[3] = { (char)(i << 2), 0, (char)i };
        check_decodes(text, expected, 3);
    }
}

static void
every_other_character_is_refused(void **state)
{
    (void)state;
    static const char taken[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                "uvwxyz0123456789+/-_=\r\n\t ";
    unsigned n_refused = 0;
    for (int c = 0; c < 256; c++) {
        if (memchr(taken, c, sizeof taken - 1)) {
            continue;
        }
        const char text[8] = { 'Z', 'm', '9', 'v', 'Y', (char)c, 'E', '=' };
        check_refused_bytes(text, sizeof text, "offset 5");
        const char first[8] = { (char)c, 'm', '9', 'v', 'Y', 'm', 'E', '=' };
        check_refused_bytes(first, sizeof first, "offset 0");
        n_refused++;
    }
    assert_int_equal(n_refused, 256 - 71);
}

static void
blanks_are_skipped(void **state)
{
    (void)state;
    check_decodes("Zm9v\r\nYmFy\r\n", "foobar", 6);
    check_decodes(" Z m\t9\nvYg = = ", "foob", 4);
}

static void
data_prefixes_are_skipped(void **state)
{
    (void)state;
    check_decodes("data:image/png;base64,Zm9v", "foo", 3);
    check_decodes("data:;base64,Zm9v", "foo", 3);
    check_decodes("\nDATA:image/jpeg;name=a.jpg;BASE64,Zm9v", "foo", 3);
    check_refused("data:image/png,Zm9v", ";base64");
    check_refused("data:base64,Zm9v", ";base64");
    check_refused("data:image/png;base64", "no comma");
    check_refused("data:image/\xc3\xa4;base64,Zm9v", "offset 11");
    check_refused("data:a b;base64,Zm9v", "offset 6");
    check_refused("data:image/png;base64,", "empty");
    check_refused("data;base64,Zm9v", "offset 4");
}

static void
malformed_text_is_refused(void **state)
{
    (void)state;
    check_refused("", "empty");
    check_refused(" \n", "empty");
    check_refused("=", "misplaced padding at offset 0");
    check_refused("Zm9v=", "misplaced padding at offset 4");
    check_refused("Z===", "misplaced padding at offset 1");
    check_refused("Zg===", "misplaced padding at offset 4");
    check_refused("Zm8==", "misplaced padding at offset 4");
    check_refused("Zg=", "incomplete");
    check_refused("Zg==Zg==", "after the padding at offset 4");
    check_refused("Zm=8", "after the padding at offset 3");
    check_refused("Z", "lone");
    check_refused("Zm9vY", "lone");
    check_refused("Zh==", "unused bits");
    check_refused("Zh", "unused bits");
    check_refused("Zm9=", "unused bits");
    check_refused("+___", "mixed at offset 1");
    check_refused("____AAAAAA+A", "mixed at offset 10");
    check_refused("-A+=", "mixed");
    check_refused_bytes("Zm9v\0", 5, "0x00 at offset 4");
}

static void
the_limit_is_exact(void **state)
{
    (void)state;
    struct fovea_error error;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_fails(fovea_base64_decode("Zm9vYg==", 8, 3, &bytes, &size, &error),
            &error, FOVEA_ERR_IMAGE_TOO_MANY_BYTES, "limit of 3");
    assert_null(bytes);
    assert_ok(fovea_base64_decode("Zm9vYg==", 8, 4, &bytes, &size, &error),
            &error);
    assert_int_equal(size, 4);
    free(bytes);
}

/* Long, with line breaks as mail programs put them: the short path and the
 * slow one, in turn. */
static void
long_text_decodes(void **state)
{
    (void)state;
    enum {
        N_LINES = 500,
        LINE = 78
    };
    static const char line[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI"
                               "jJCUmJygpKissLS4vMDEyMzQ1Njc4\r\n";
    FOVEA_AUTO_FREE char *text = malloc((size_t)N_LINES * LINE);
    assert_non_null(text);
    for (size_t i = 0; i < N_LINES; i++) {
        memcpy(text + i * LINE, line, LINE);
    }
    struct fovea_error error;
    FOVEA_AUTO_FREE uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(fovea_base64_decode(text, (size_t)N_LINES * LINE, UINT64_MAX,
                      &bytes, &size, &error),
            &error);
    assert_int_equal(size, N_LINES * 57);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], i % 57);
    }
}

static void
check_begins(const char *text, const char *expected, size_t n, size_t max)
{
    uint8_t bytes[8];
    memset(bytes, 0x55, sizeof bytes);
    assert_int_equal(fovea_base64_begin(text, strlen(text), bytes, max), n);
    assert_memory_equal(bytes, expected, n);
    for (size_t i = n; i < sizeof bytes; i++) {
        assert_int_equal(bytes[i], 0x55);
    }
}

/* As far as its letters go, right or wrong. */
static void
a_text_begins(void **state)
{
    (void)state;
    check_begins("Zm9vYmFy", "foobar", 6, 8);
    check_begins("Zm9vYmFy", "foob", 4, 4);
    check_begins("Zm9vYmFy", "", 0, 0);
    check_begins(" Zm\r\n9v\tYg", "foob", 4, 8);
    check_begins("Zm9vY", "foo", 3, 8);
    check_begins("Zm9vYh", "foob", 4, 8);
    check_begins("Zm9v=YmFy", "foo", 3, 8);
    check_begins("Zm9v!mFy", "foo", 3, 8);
    check_begins("+/+/", "\xfb\xff\xbf", 3, 8);
    check_begins("-_-_", "\xfb\xff\xbf", 3, 8);
    check_begins("-_-/", "\xfb\xff", 2, 8);
    check_begins("data:,Zm9v", "\x75\xab\x5a", 3, 8);
    check_begins("caf\xc3\xa9", "q\xa7", 2, 8);
    check_begins("", "", 0, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_decode_padded_and_not),
        cmocka_unit_test(both_alphabets_decode),
        cmocka_unit_test(every_letter_has_its_value),
        cmocka_unit_test(every_other_character_is_refused),
        cmocka_unit_test(blanks_are_skipped),
        cmocka_unit_test(data_prefixes_are_skipped),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(long_text_decodes),
        cmocka_unit_test(a_text_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
