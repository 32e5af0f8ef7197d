/* Pages of listings: good ones, and what is refused of them and why. (Hostile stores
 * as a whole: s3_client.) */
#include "base/macros.h"
#include "s3/page.h"
#include "support/test.h"

static enum fovea_status
read_page(const char *xml, const char *prefix, const char *after,
        struct fovea_page *page, struct fovea_error *err)
{
    return fovea_page_read(xml, strlen(xml), prefix, after, page, err);
}

static void
a_page_has_objects_and_a_continuation(void **state)
{
    (void)state;
    static const char xml[] =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Name>b</Name><Prefix>p/</Prefix><EncodingType>url</EncodingType>"
            "<IsTruncated>true</IsTruncated>"
            "<NextContinuationToken>a/b+c==&amp;</NextContinuationToken>"
            "<Contents><Key>p/a%20b%0A</Key><Size>12</Size>"
            "<ETag>&quot;abc&quot;</ETag><Owner><ID>Key</ID></Owner></Contents>"
            "<Contents><Size>0</Size><Key>p/%C3%A9+x</Key></Contents>"
            "<CommonPrefixes><Prefix>p/q/</Prefix></CommonPrefixes>"
            "</ListBucketResult>\n";
    struct fovea_error error;
    struct fovea_page page;
    assert_ok(read_page(xml, "p/", "p/a", &page, &error), &error);
    assert_int_equal(page.n, 2);
    assert_string_equal(page.objects[0].key, "p/a b\n");
    assert_string_equal(page.objects[0].etag, "\"abc\"");
    assert_int_equal(page.objects[0].size, 12);
    assert_string_equal(page.objects[1].key, "p/\xc3\xa9 x");
    assert_string_equal(page.objects[1].etag, "");
    assert_true(page.is_truncated);
    assert_string_equal(page.continuation, "a/b+c==&");
    fovea_page_finish(&page);
    /* Keys are as they stand where the page does not say that they are encoded. */
    assert_ok(read_page("<ListBucketResult><Contents><Key>p/%20+</Key><Size>1"
                        "</Size></Contents></ListBucketResult>",
                      "p/", NULL, &page, &error),
            &error);
    assert_string_equal(page.objects[0].key, "p/%20+");
    assert_false(page.is_truncated);
    fovea_page_finish(&page);
    assert_ok(read_page("<ListBucketResult/>", "p/", NULL, &page, &error),
            &error);
    assert_int_equal(page.n, 0);
    fovea_page_finish(&page);
}

#define ONE(key, size)                                          \
    "<ListBucketResult><Contents><Key>" key "</Key><Size>" size \
    "</Size></Contents></ListBucketResult>"

static void
what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        const char *part;
    } cases[] = {
        { "", "no XML" },
        { "{}", "no XML" },
        { "<a/>", "another document" },
        { "<Error><Code>x</Code></Error>", "another document" },
        { "<!DOCTYPE a>" ONE("p/k", "1"), "document type" },
        { "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" ONE("&x;",
                  "1"),
                "document type" },
        { "<ListBucketResult>&x;</ListBucketResult>", "no XML" },
        { ONE("p/k", "-1"), "without a key or a size" },
        { ONE("p/k", "18446744073709551616"), "without a key or a size" },
        { ONE("", "1"), "no key" },
        { ONE("q/k", "1"), "outside" },
        { ONE("p/a", "1"), "order" },
        { ONE("p/k</Key><Key>p/l", "1"), "two" },
        { ONE("p/<b/>", "1"), "element" },
        { "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>"
          "p/%zz</Key><Size>1</Size></Contents></ListBucketResult>",
                "encoded" },
        { "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>"
          "p/%00</Key><Size>1</Size></Contents></ListBucketResult>",
                "encoded" },
        { "<ListBucketResult><IsTruncated>true</IsTruncated>"
          "</ListBucketResult>",
                "does not say where" },
        { "<ListBucketResult><a><b><c><d><e><f><g><h><i/>", "nested" },
        { ONE("p/k", "1") ONE("p/l", "1"), "no XML" },
    };
    struct fovea_error error;
    struct fovea_page page;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_fails(read_page(cases[i].xml, "p/", "p/b", &page, &error),
                &error, FOVEA_ERR_OBJECT_STORE, cases[i].part);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_objects_and_a_continuation),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
