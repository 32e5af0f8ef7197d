/* See page.h. */
#include "s3/page.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"

enum {
    MAX_DEPTH = 8,
    /* Of an element's text: a key, each byte of it percent-encoded. */
    MAX_TEXT = 3 * FOVEA_MAX_KEY_BYTES + FOVEA_MAX_CONTINUATION
};

/* What an element's text is taken for. */
enum meaning {
    MEANS_NOTHING,
    MEANS_KEY,
    MEANS_SIZE,
    MEANS_ETAG,
    MEANS_TRUNCATED,
    MEANS_CONTINUATION,
    MEANS_ENCODING,
};

struct reader {
    XML_Parser parser;
    struct fovea_page *page;
    const char *prefix;
    const char *after;
    unsigned depth;
    bool is_listing;  /* its root is the right one */
    bool is_contents; /* inside of an object */
    bool is_encoded;  /* keys are percent-encoded */
    bool has_key;     /* of the object that is being read */
    bool has_size;
    struct fovea_page_object object;
    enum meaning meaning; /* of the element that is being read */
    size_t n_text;
    char text[MAX_TEXT + 1];
    struct fovea_error result;
};

/* The first failure counts, and nothing is read after it. */
static void
fail(struct reader *reader, const char *why)
{
    if (!reader->result.code) {
        (void)fovea_fail(&reader->result, FOVEA_ERR_OBJECT_STORE,
                "the list of objects %s", why);
    }
    (void)XML_StopParser(reader->parser, XML_FALSE);
}

static enum meaning
meaning_of(const struct reader *reader, const char *name)
{
    static const struct {
        const char *name;
        enum meaning meaning;
        unsigned depth;
    } table[] = {
        { "Key", MEANS_KEY, 3 },
        { "Size", MEANS_SIZE, 3 },
        { "ETag", MEANS_ETAG, 3 },
        { "IsTruncated", MEANS_TRUNCATED, 2 },
        { "NextContinuationToken", MEANS_CONTINUATION, 2 },
        { "EncodingType", MEANS_ENCODING, 2 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        if (table[i].depth == reader->depth &&
                (table[i].depth == 2 || reader->is_contents) &&
                strcmp(table[i].name, name) == 0) {
            return table[i].meaning;
        }
    }
    return MEANS_NOTHING;
}

static void
begin_element(void *context, const char *name, const char **attributes)
{
    struct reader *reader = context;
    (void)attributes;
    reader->depth++;
    if (reader->depth > MAX_DEPTH) {
        fail(reader, "is nested too deeply");
        return;
    }
    if (reader->depth == 1) {
        reader->is_listing = strcmp(name, "ListBucketResult") == 0;
        if (!reader->is_listing) {
            fail(reader, "is none, but another document");
        }
        return;
    }
    if (reader->meaning != MEANS_NOTHING) {
        fail(reader, "has an element where text should be");
        return;
    }
    if (reader->depth == 2 && strcmp(name, "Contents") == 0) {
        reader->is_contents = true;
        reader->has_key = false;
        reader->has_size = false;
        reader->object = (struct fovea_page_object){ .size = 0 };
        return;
    }
    reader->meaning = meaning_of(reader, name);
    reader->n_text = 0;
}

static void
take_text(void *context, const char *text, int n)
{
    struct reader *reader = context;
    if (reader->meaning == MEANS_NOTHING) {
        return;
    }
    if ((size_t)n > MAX_TEXT - reader->n_text) {
        fail(reader, "has a text that is too long");
        return;
    }
    memcpy(reader->text + reader->n_text, text, (size_t)n);
    reader->n_text += (size_t)n;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'    ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;
}

/* Percent signs away, in place; false: one is none, or it says NUL. */
static bool
decode(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++) {
        char c = *at == '+' ? ' ' : *at;
        if (c == '%') {
            int high = hex_digit(at[1]);
            int low = high < 0 ? -1 : hex_digit(at[2]);
            if (low < 0 || high + low == 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            at += 2;
        }
        *to++ = c;
    }
    *to = '\0';
    return true;
}

static void
keep_key(struct reader *reader)
{
    if (reader->has_key || reader->n_text == 0) {
        fail(reader, "has an object with no key, or two");
        return;
    }
    reader->object.key = strdup(reader->text);
    if (!reader->object.key) {
        (void)fovea_fail_memory(&reader->result, reader->n_text, "a key");
        fail(reader, "");
        return;
    }
    reader->has_key = true;
}

static void
end_text(struct reader *reader, enum meaning meaning)
{
    reader->text[reader->n_text] = '\0';
    if (strlen(reader->text) != reader->n_text) {
        fail(reader, "has a NUL byte");
        return;
    }
    switch (meaning) {
    case MEANS_KEY:
        keep_key(reader);
        break;
    case MEANS_SIZE:
        reader->has_size =
                fovea_number_parse(reader->text, &reader->object.size);
        break;
    case MEANS_ETAG:
        if (reader->n_text < sizeof reader->object.etag) {
            memcpy(reader->object.etag, reader->text, reader->n_text + 1);
        }
        break;
    case MEANS_TRUNCATED:
        reader->page->is_truncated = strcmp(reader->text, "true") == 0;
        break;
    case MEANS_CONTINUATION:
        if (reader->n_text > FOVEA_MAX_CONTINUATION) {
            fail(reader, "has a token that is too long");
            return;
        }
        memcpy(reader->page->continuation, reader->text, reader->n_text + 1);
        break;
    case MEANS_ENCODING:
        reader->is_encoded = strcmp(reader->text, "url") == 0;
        break;
    case MEANS_NOTHING:
    default:
        break;
    }
}

static void
keep_object(struct reader *reader)
{
    struct fovea_page *page = reader->page;
    if (!reader->has_key || !reader->has_size) {
        fail(reader, "has an object without a key or a size");
    } else if (page->n == FOVEA_PAGE_KEYS) {
        fail(reader, "has more objects than were asked for");
    } else {
        page->objects[page->n++] = reader->object;
        reader->object.key = NULL;
    }
}

static void
end_element(void *context, const char *name)
{
    struct reader *reader = context;
    enum meaning meaning = reader->meaning;
    (void)name;
    reader->meaning = MEANS_NOTHING;
    if (meaning != MEANS_NOTHING) {
        end_text(reader, meaning);
    } else if (reader->depth == 2 && reader->is_contents) {
        reader->is_contents = false;
        keep_object(reader);
    }
    reader->depth--;
}

static void
refuse_doctype(void *context, const char *name, const char *system_id,
        const char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    fail(context, "has a document type, and no entities are taken");
}

static enum fovea_status
parse(struct reader *reader, const char *xml, size_t size)
{
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, begin_element, end_element);
    XML_SetCharacterDataHandler(reader->parser, take_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, refuse_doctype);
    if (XML_Parse(reader->parser, xml, (int)size, 1) == XML_STATUS_OK ||
            reader->result.code) {
        return reader->result.code;
    }
    enum XML_Error error = XML_GetErrorCode(reader->parser);
    return error == XML_ERROR_NO_MEMORY
            ? fovea_fail_memory(&reader->result, size, "a list of objects")
            : fovea_fail(&reader->result, FOVEA_ERR_OBJECT_STORE,
                      "the list of objects is no XML: %.80s (line %lu)",
                      XML_ErrorString(error),
                      XML_GetCurrentLineNumber(reader->parser));
}

/* What the store promises of the keys of a page. */
static void
check_keys(struct reader *reader)
{
    const struct fovea_page *page = reader->page;
    const char *before = reader->after;
    size_t prefix_size = strlen(reader->prefix);
    for (size_t i = 0; i < page->n; i++) {
        char *key = page->objects[i].key;
        if (reader->is_encoded && !decode(key)) {
            fail(reader, "has a key that is wrongly encoded");
        } else if (strlen(key) > FOVEA_MAX_KEY_BYTES) {
            fail(reader, "has a key that is too long");
        } else if (strncmp(key, reader->prefix, prefix_size) != 0) {
            fail(reader, "has a key outside of what was asked for");
        } else if (before && strcmp(key, before) <= 0) {
            fail(reader, "does not have its keys in order");
        }
        if (reader->result.code) {
            return;
        }
        before = key;
    }
    if (page->is_truncated && !page->continuation[0]) {
        fail(reader, "goes on, and does not say where");
    }
}

enum fovea_status
fovea_page_read(const char *xml, size_t size, const char *prefix,
        const char *after, struct fovea_page *page_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct reader *reader = calloc(1, sizeof *reader);
    FOVEA_AUTO_FREE struct fovea_page *page = calloc(1, sizeof *page);
    struct fovea_page_object *objects =
            calloc(FOVEA_PAGE_KEYS, sizeof *objects);
    if (!reader || !page || !objects) {
        free(objects);
        return fovea_fail_memory(err, sizeof *reader, "a list of objects");
    }
    page->objects = objects;
    reader->page = page;
    reader->prefix = prefix;
    reader->after = after;
    reader->parser = XML_ParserCreate(NULL);
    if (!reader->parser) {
        fovea_page_finish(page);
        return fovea_fail_memory(err, size, "a list of objects");
    }
    enum fovea_status status = size <= FOVEA_MAX_PAGE_BYTES
            ? parse(reader, xml, size)
            : fovea_fail(&reader->result, FOVEA_ERR_OBJECT_STORE,
                      "the list of objects is too long");
    if (!status) {
        check_keys(reader);
    }
    XML_ParserFree(reader->parser);
    free(reader->object.key);
    if (reader->result.code) {
        fovea_page_finish(page);
        if (err) {
            *err = reader->result;
        }
        return reader->result.code;
    }
    *page_out = *page;
    return FOVEA_OK;
}

void
fovea_page_finish(struct fovea_page *page)
{
    for (size_t i = 0; i < page->n; i++) {
        free(page->objects[i].key);
    }
    free(page->objects);
    *page = (struct fovea_page){ .n = 0 };
}
