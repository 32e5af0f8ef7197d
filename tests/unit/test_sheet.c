/* Contact sheets: whole, and harmless whatever files are called. */
#include "sheet/link.h"
#include "sheet/sheet.h"
#include "support/test.h"

static void
assert_link(const char *folder, const char *path, const char *link)
{
    struct fovea_text text = { 0 };
    fovea_link_add(&text, folder, path);
    assert_string_equal(text.data, link);
    fovea_text_finish(&text);
}

static void
links_are_relative_where_files_are_near(void **state)
{
    (void)state;
    assert_link("/a/b", "/a/b/c.jpg", "c.jpg");
    assert_link("/a/b", "/a/b/c/d.jpg", "c/d.jpg");
    assert_link("/a/b", "/a/c.jpg", "../c.jpg");
    assert_link("/a/bc", "/a/b/c.jpg", "../b/c.jpg");
    assert_link("/a/b", "/a/bc/c.jpg", "../bc/c.jpg");
    assert_link("/a/b/c/d", "/a/x/y.jpg", "../../../x/y.jpg");
    assert_link("/a/b/", "/a/b/c.jpg", "c.jpg");
    assert_link("/a", "/b/c.jpg", "file:///b/c.jpg");
    assert_link("/a/b", "/c.jpg", "file:///c.jpg");
    assert_link("/", "/b/c.jpg", "b/c.jpg");
}

static void
links_hold_any_bytes(void **state)
{
    (void)state;
    assert_link("/a", "/a/javascript:alert(1)", "javascript%3Aalert%281%29");
    assert_link("/a", "/a/\"><script>&'", "%22%3E%3Cscript%3E%26%27");
    assert_link("/a", "/a/caf\xc3\xa9 \xff\n#?%.jpg",
            "caf%C3%A9%20%FF%0A%23%3F%25.jpg");
    assert_link("/\xff", "/\xff/x", "x");
}

static void
make_sheet(struct fovea_text *text, const char *name)
{
    static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff, 0xfe };
    char path[256];
    struct fovea_sheet sheet;
    (void)snprintf(path, sizeof path, "/a/%s", name);
    const struct fovea_sheet_picture picture = {
        .path = path,
        .name = name,
        .score = name,
        .details = name,
        .mark = name,
        .jpeg = jpeg,
        .jpeg_bytes = sizeof jpeg,
    };
    const struct fovea_sheet_picture bare = { .name = name, .problem = name };
    fovea_sheet_begin(&sheet, text, "/a", name, name);
    fovea_sheet_add(&sheet, &picture);
    fovea_sheet_group(&sheet, name, name);
    fovea_sheet_add(&sheet, &bare);
    fovea_sheet_add(&sheet, &picture);
    fovea_sheet_end(&sheet);
    assert_false(fovea_text_failed(text));
}

static size_t
count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text++) {
        n++;
    }
    return n;
}

static void
names_are_text_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const names[] = { "</title><script>alert(1)</script>",
        "\" onerror=\"alert(1)", "' onload='x", "&lt;b&gt;",
        "a\nb\x1b[31m\xff\xe2\x80\xae"
        "gpj.exe",
        "--><!--", "</style>" };
    struct fovea_text plain = { 0 };
    make_sheet(&plain, "name");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fovea_text text = { 0 };
        make_sheet(&text, names[i]);
        /* No more tags, attributes or entities of the page than with a tame
           name, and nothing that is no text. */
        assert_int_equal(count(text.data, "<"), count(plain.data, "<"));
        assert_int_equal(count(text.data, ">"), count(plain.data, ">"));
        assert_int_equal(count(text.data, "\""), count(plain.data, "\""));
        assert_int_equal(count(text.data, "'"), count(plain.data, "'"));
        assert_int_equal(count(text.data, "\n"), count(plain.data, "\n"));
        assert_null(strchr(text.data, '\x1b'));
        assert_null(strchr(text.data, '\xff'));
        assert_null(strstr(text.data, "\xe2\x80\xae"));
        fovea_text_finish(&text);
    }
    fovea_text_finish(&plain);
}

static void
pictures_are_in_it(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    make_sheet(&text, "cat.jpg");
    assert_int_equal(
            count(text.data, "src=\"data:image/jpeg;base64,/9j//g==\""), 2);
    assert_int_equal(count(text.data, "alt=\"cat.jpg\""), 2);
    assert_int_equal(count(text.data, "<a href=\"cat.jpg\">"), 2);
    assert_int_equal(count(text.data, "<ul>"), 2);
    assert_int_equal(count(text.data, "</ul>"), 2);
    assert_int_equal(count(text.data, "<script"), 0);
    assert_int_equal(count(text.data, "http:") + count(text.data, "https:"), 0);
    fovea_text_finish(&text);
}

static void
base64_is_right_at_every_length(void **state)
{
    (void)state;
    static const char *const ends[] = { "AAECA",
        "AAECAw==", "AAECAwQ=", "AAECAwQF" };
    uint8_t bytes[2000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    for (size_t size = 4; size <= 6; size++) {
        struct fovea_text text = { 0 };
        struct fovea_sheet sheet;
        const struct fovea_sheet_picture picture = { .name = "a",
            .jpeg = bytes,
            .jpeg_bytes = size };
        fovea_sheet_begin(&sheet, &text, "/", "t", NULL);
        fovea_sheet_add(&sheet, &picture);
        assert_non_null(strstr(text.data, ends[size - 3]));
        fovea_text_finish(&text);
    }
    struct fovea_text text = { 0 };
    struct fovea_sheet sheet;
    const struct fovea_sheet_picture picture = { .name = "a",
        .jpeg = bytes,
        .jpeg_bytes = sizeof bytes };
    fovea_sheet_begin(&sheet, &text, "/", "t", NULL);
    fovea_sheet_add(&sheet, &picture);
    const char *data = strstr(text.data, "base64,") + 7;
    assert_int_equal(strcspn(data, "\""), (sizeof bytes + 2) / 3 * 4);
    fovea_text_finish(&text);
}

static void
a_sheet_is_known_again(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    make_sheet(&text, "x");
    assert_true(fovea_sheet_is_ours(text.data, FOVEA_SHEET_HEAD_BYTES));
    assert_false(fovea_sheet_is_ours(text.data, 20));
    assert_false(fovea_sheet_is_ours("<!DOCTYPE html>\n<html lang=\"en\">\n<h"
                                     "ead>\n<meta charset=\"utf-8\">\n",
            FOVEA_SHEET_HEAD_BYTES));
    fovea_text_finish(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_relative_where_files_are_near),
        cmocka_unit_test(links_hold_any_bytes),
        cmocka_unit_test(names_are_text_wherever_they_stand),
        cmocka_unit_test(pictures_are_in_it),
        cmocka_unit_test(base64_is_right_at_every_length),
        cmocka_unit_test(a_sheet_is_known_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
