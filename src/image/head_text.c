/* Files that are text, or nothing. See head.h. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/macros.h"
#include "image/head.h"

/* Behind a byte order mark and blanks. */
static struct fovea_head
skip_blanks(const struct fovea_head *head)
{
    size_t at = fovea_head_has(head, 0, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (at < head->size && head->bytes[at] &&
            strchr(" \t\r\n", head->bytes[at])) {
        at++;
    }
    return (struct fovea_head){ head->bytes + at, head->size - at };
}

/* In letters of either case, with no letter behind it. */
static bool
begins_with(const struct fovea_head *head, const char *word)
{
    size_t size = strlen(word);
    return head->size >= size &&
            strncasecmp((const char *)head->bytes, word, size) == 0 &&
            (head->size == size || !isalnum(head->bytes[size]));
}

/* Step over one <?...?>, <!--...-->; false if there is none, or no end of it.
 */
static bool
skip_remark(struct fovea_head *head)
{
    const char *close = NULL;
    if (fovea_head_has(head, 0, "<!--", 4)) {
        close = "-->";
    } else if (fovea_head_has(head, 0, "<?", 2)) {
        close = "?>";
    } else {
        return false;
    }
    const uint8_t *end = memmem(head->bytes, head->size, close, strlen(close));
    if (!end) {
        return false;
    }
    size_t at = (size_t)(end - head->bytes) + strlen(close);
    struct fovea_head rest = { head->bytes + at, head->size - at };
    *head = skip_blanks(&rest);
    return true;
}

static struct fovea_head
first_element(const struct fovea_head *head)
{
    struct fovea_head rest = skip_blanks(head);
    while (skip_remark(&rest)) {
    }
    return rest;
}

bool
fovea_head_is_svg(const struct fovea_head *head)
{
    struct fovea_head element = first_element(head);
    return begins_with(&element, "<svg") ||
            begins_with(&element, "<!doctype svg");
}

/* As much of it as tells. */
bool
fovea_head_is_svgz(const struct fovea_head *head)
{
    enum {
        GZIP = 16 + 15 /* its head, and the largest window */
    };
    uint8_t text[FOVEA_HEAD_BYTES];
    if (!fovea_head_has(head, 0, "\x1f\x8b", 2)) {
        return false;
    }
    z_stream stream = { .next_in = head->bytes,
        .avail_in = (uInt)head->size,
        .next_out = text,
        .avail_out = sizeof text };
    if (inflateInit2(&stream, GZIP) != Z_OK) {
        return false;
    }
    (void)inflate(&stream, Z_SYNC_FLUSH);
    (void)inflateEnd(&stream);
    struct fovea_head inside = { text, sizeof text - stream.avail_out };
    return fovea_head_is_svg(&inside);
}

bool
fovea_head_is_html(const struct fovea_head *head)
{
    static const char *const words[] = { "<!doctype html", "<html", "<head",
        "<body", "<title", "<script" };
    struct fovea_head element = first_element(head);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(words); i++) {
        if (begins_with(&element, words[i])) {
            return true;
        }
    }
    return false;
}

bool
fovea_head_is_xml(const struct fovea_head *head)
{
    struct fovea_head text = skip_blanks(head);
    return begins_with(&text, "<?xml") || begins_with(&text, "<x:xmpmeta") ||
            begins_with(&text, "<?xpacket");
}

/* An object or a list, and the beginning of what may be in it. */
bool
fovea_head_is_json(const struct fovea_head *head)
{
    struct fovea_head text = skip_blanks(head);
    if (text.size < 2 || !strchr("{[", text.bytes[0]) || !text.bytes[0]) {
        return false;
    }
    bool list = text.bytes[0] == '[';
    struct fovea_head inside = { text.bytes + 1, text.size - 1 };
    inside = skip_blanks(&inside);
    if (inside.size == 0 || !inside.bytes[0]) {
        return false;
    }
    return strchr(list ? "\"[{]-0123456789tfn" : "\"}", inside.bytes[0]) &&
            fovea_head_is_text(head);
}

/* "%!PS-Adobe-3.0 EPSF-3.0" */
bool
fovea_head_is_eps(const struct fovea_head *head)
{
    enum {
        FIRST_LINE = 32
    };
    size_t size = head->size < FIRST_LINE ? head->size : FIRST_LINE;
    return fovea_head_has(head, 0, "%!PS", 4) &&
            memmem(head->bytes, size, "EPSF", 4);
}

/* A piece of C: "#define name_width 16" */
bool
fovea_head_is_xbm(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "#define ", 8) &&
            memmem(head->bytes, head->size, "_width ", 7) &&
            fovea_head_is_text(head);
}

bool
fovea_head_is_data_uri(const struct fovea_head *head)
{
    return begins_with(head, "data:image/") ||
            fovea_head_has(head, 0, "data:image/", 11);
}

/* JPEG, PNG, GIF, WebP and TIFF as base64 writes their first bytes. */
bool
fovea_head_is_base64(const struct fovea_head *head)
{
    static const char *const heads[] = { "/9j/", "iVBORw0KGgo", "R0lGODlh",
        "R0lGODdh", "UklGR", "SUkqA", "TU0AK" };
    struct fovea_head text = skip_blanks(head);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(heads); i++) {
        if (fovea_head_has(&text, 0, heads[i], strlen(heads[i]))) {
            return fovea_head_is_text(head);
        }
    }
    return false;
}

bool
fovea_head_is_zeros(const struct fovea_head *head)
{
    for (size_t i = 0; i < head->size; i++) {
        if (head->bytes[i]) {
            return false;
        }
    }
    return head->size > 0;
}

/* Nothing but letters, blanks and line ends of ASCII, and bytes that other
   letters of UTF-8 are made of. Some bytes are too few to say so. */
bool
fovea_head_is_text(const struct fovea_head *head)
{
    enum {
        ENOUGH = 8
    };
    size_t n_odd = 0;
    for (size_t i = 0; i < head->size; i++) {
        uint8_t byte = head->bytes[i];
        if (byte == 0x7f || byte >= 0xf8 ||
                (byte < ' ' && !(byte && strchr("\t\n\r\f", byte)))) {
            return false;
        }
        n_odd += byte >= 0x80;
    }
    return head->size >= ENOUGH && n_odd <= head->size / 2;
}
