/* What a string of a request is: see item_string.h. */
#include "server/item_string.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "image/signatures.h"
#include "source/base64.h"

enum {
    LOOKED_AT = 64, /* bytes by which base64 is told from other text */
    MAX_SCHEME = 32,
    PATH_SIZE = 4096,
    SURE_LETTERS = 16, /* of base64, before its first blank */
    SLASHED_LETTERS = 32
};

static const char blanks[] = " \t\r\n";
static const char data_scheme[] = "data:";

/* A string without the blanks before and behind it. */
struct trimmed {
    const char *text;
    size_t size;
};

static struct trimmed
trim(const char *text, size_t size)
{
    size_t n_before = strspn(text, blanks);
    text += n_before;
    size -= n_before;
    while (size > 0 && strchr(blanks, text[size - 1])) {
        size--;
    }
    return (struct trimmed){ text, size };
}

static bool
is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Length of what stands before the colon of a URL (RFC 3986), 0 if the text is
 * none. Base64 has no colon. */
static size_t
scheme_size(const char *text)
{
    if (!is_letter(text[0])) {
        return 0;
    }
    size_t size = 1;
    while (size < MAX_SCHEME &&
            (is_letter(text[size]) || is_digit(text[size]) ||
                    text[size] == '+' || text[size] == '-' ||
                    text[size] == '.')) {
        size++;
    }
    return text[size] == ':' ? size : 0;
}

static bool
is_scheme(const char *text, size_t size, const char *scheme)
{
    return size == strlen(scheme) && strncasecmp(text, scheme, size) == 0;
}

static bool
is_fetched(const char *text, size_t scheme)
{
    return is_scheme(text, scheme, "http") ||
            is_scheme(text, scheme, "https") || is_scheme(text, scheme, "s3");
}

static bool
begins_with(const char *text, const char *const *beginnings)
{
    for (; *beginnings; beginnings++) {
        if (strncmp(text, *beginnings, strlen(*beginnings)) == 0) {
            return true;
        }
    }
    return false;
}

/* How many of the first bytes are such as base64 has. */
static size_t
count_letters(struct trimmed string, size_t most)
{
    size_t n = 0;
    while (n < string.size && n < most &&
            (is_letter(string.text[n]) || is_digit(string.text[n]) ||
                    strchr("+/-_=\r\n\t ", string.text[n]))) {
        n++;
    }
    return n;
}

static bool
looks_like_base64(struct trimmed string)
{
    size_t size = string.size < LOOKED_AT ? string.size : LOOKED_AT;
    return count_letters(string, LOOKED_AT) == size;
}

/* Whether it is base64 of what begins as an image does. Words are letters of
 * base64 too, so those before the first blank must be some; and paths, which
 * begin with a slash, so that of these there must be more. */
static bool
begins_as_image(struct trimmed string)
{
    static const char jpeg[] = "/9j/";
    size_t n_before = strcspn(string.text, blanks);
    if (n_before < string.size && n_before < SURE_LETTERS) {
        return false;
    }
    if (string.text[0] == '/' &&
            strncmp(string.text, jpeg, strlen(jpeg)) != 0 &&
            count_letters(string, SLASHED_LETTERS) < SLASHED_LETTERS) {
        return false;
    }
    uint8_t bytes[FOVEA_HEAD_BYTES];
    struct fovea_head head = { .bytes = bytes };
    head.size =
            fovea_base64_begin(string.text, string.size, bytes, sizeof bytes);
    return fovea_signature_is_picture(&head);
}

static bool
is_path(struct trimmed string)
{
    static const char *const paths[] = { "./", "../", ".\\", "..\\", "~/",
        "\\\\", NULL };
    const char *text = string.text;
    if (text[0] == '/') {
        return string.size < PATH_SIZE && !begins_as_image(string);
    }
    return begins_with(text, paths) ||
            (is_letter(text[0]) && text[1] == ':' &&
                    (text[2] == '/' || text[2] == '\\'));
}

static bool
has_blank(const char *text, size_t size)
{
    return memchr(text, ' ', size) || memchr(text, '\t', size);
}

static bool
is_ascii(struct trimmed string)
{
    for (size_t i = 0; i < string.size && i < LOOKED_AT; i++) {
        if ((unsigned char)string.text[i] > 0x7f) {
            return false;
        }
    }
    return true;
}

bool
fovea_string_is_text(const char *text, size_t size)
{
    struct trimmed string = trim(text, size);
    if (string.size == 0) {
        return true;
    }
    if (strncasecmp(string.text, data_scheme, strlen(data_scheme)) == 0) {
        const char *comma = memchr(string.text, ',', string.size);
        return has_blank(string.text,
                comma ? (size_t)(comma - string.text) : string.size);
    }
    if (begins_as_image(string)) {
        return false;
    }
    if (has_blank(string.text, string.size)) {
        return true;
    }
    size_t scheme = scheme_size(string.text);
    if (is_path(string) || is_fetched(string.text, scheme) ||
            (scheme > 0 && string.text[scheme + 1] == '/')) {
        return false;
    }
    return string.size <= FOVEA_TEXT_SIZE || !is_ascii(string);
}

static enum fovea_status
check_data_uri(struct trimmed string, struct fovea_error *err)
{
    static const char mark[] = ";base64";
    size_t mark_size = strlen(mark);
    const char *comma = memchr(string.text, ',', string.size);
    if (!comma) {
        return fovea_fail(err, FOVEA_ERR_BASE64, "a data URI without a comma");
    }
    if ((size_t)(comma - string.text) < mark_size ||
            strncasecmp(comma - mark_size, mark, mark_size) != 0) {
        return fovea_fail(err, FOVEA_ERR_BASE64,
                "a data URI must be base64: \"data:image/png;base64,...\"");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_image(struct trimmed string, size_t scheme, struct fovea_error *err)
{
    if (string.size == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an empty string");
    }
    if (is_path(string)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "this looks like a path, and no files of the server are read: "
                "send a URL, a data URI or base64, and what is a text all the "
                "same as {\"text\": ...}");
    }
    if (is_scheme(string.text, scheme, "data")) {
        return check_data_uri(string, err);
    }
    if (scheme > 0 && !is_fetched(string.text, scheme)) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "a URL must be http, https or s3, not \"%.*s\"", (int)scheme,
                string.text);
    }
    return scheme > 0 || looks_like_base64(string)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_BASE64,
                      "neither an http(s) or s3 URL nor a data URI nor base64");
}

enum fovea_status
fovea_string_read_image(const char *text, size_t size,
        struct fovea_item *item_out, struct fovea_error *err)
{
    struct trimmed string = trim(text, size);
    size_t scheme = scheme_size(string.text);
    enum fovea_status status = check_image(string, scheme, err);
    if (status) {
        return status;
    }
    /* Whether it is base64, and of an image, is found out later. What is behind
       it stays: a URL has a NUL there. */
    *item_out = (struct fovea_item){ .kind = is_fetched(string.text, scheme)
                ? FOVEA_ITEM_IMAGE_URL
                : FOVEA_ITEM_IMAGE_BASE64,
        .data = string.text,
        .size = size - (size_t)(string.text - text) };
    return FOVEA_OK;
}
