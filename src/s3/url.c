/* See url.h. */
#include "s3/url.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/utf8.h"

static const char scheme[] = "s3://";

bool
fovea_s3_is_url(const char *text)
{
    return strncasecmp(text, scheme, sizeof scheme - 1) == 0;
}

static bool
is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9');
}

/* What may be the name of a bucket of any store: it becomes a part of a path, or of
   a host's name. */
static bool
is_bucket(const char *name, size_t size)
{
    enum {
        MIN_SIZE = 3
    };
    if (size < MIN_SIZE || size >= FOVEA_BUCKET_SIZE ||
            !is_alphanumeric(name[0]) || !is_alphanumeric(name[size - 1])) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bool is_mark = name[i] == '-' || name[i] == '.' || name[i] == '_';
        if (!is_alphanumeric(name[i]) &&
                (!is_mark || (name[i] == '.' && name[i - 1] == '.'))) {
            return false;
        }
    }
    return true;
}

static enum fovea_status
check_key(const char *key, size_t size, struct fovea_error *err)
{
    if (size > FOVEA_MAX_KEY_BYTES) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "an s3:// URL whose key has more than %d bytes",
                FOVEA_MAX_KEY_BYTES);
    }
    if (fovea_utf8_find_invalid(key, size) != size) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "an s3:// URL whose key is not UTF-8");
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)key[i] < ' ' || key[i] == 0x7f) {
            return fovea_fail(err, FOVEA_ERR_URL,
                    "an s3:// URL whose key has a control character");
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_s3_url_parse(const char *text, struct fovea_s3_name *name_out,
        struct fovea_error *err)
{
    if (!fovea_s3_is_url(text)) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "not an s3:// URL: s3://BUCKET/KEY is one");
    }
    const char *bucket = text + sizeof scheme - 1;
    size_t bucket_size = strcspn(bucket, "/");
    const char *key = bucket + bucket_size;
    key += *key == '/';
    size_t key_size = strlen(key);
    if (!is_bucket(bucket, bucket_size)) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "an s3:// URL with no name of a bucket: s3://BUCKET/KEY, BUCKET "
                "of 3 to 63 letters, digits, dots and hyphens");
    }
    enum fovea_status status = check_key(key, key_size, err);
    if (status) {
        return status;
    }
    memcpy(name_out->bucket, bucket, bucket_size);
    name_out->bucket[bucket_size] = '\0';
    memcpy(name_out->key, key, key_size + 1);
    return FOVEA_OK;
}

void
fovea_s3_encode(struct fovea_text *text, const char *string, bool is_path)
{
    for (; *string; string++) {
        char c = *string;
        if (is_alphanumeric(c) || strchr("-._~", c) || (is_path && c == '/')) {
            fovea_text_add(text, &c, 1);
        } else {
            fovea_text_format(text, "%%%02X", (unsigned)(unsigned char)c);
        }
    }
}
