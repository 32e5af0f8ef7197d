/* Parsing profile files: see profile.h. */
#include "s3/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

enum {
    MAX_LINE = 12288 /* bytes; a session token is in one */
};

struct reader {
    const char *what;
    const char *name; /* of the profile */
    bool is_config;
    unsigned n_line;
    bool is_ours;     /* lines of this section are the profile's */
    bool has_section; /* there was one */
    struct fovea_profile *profile;
};

static enum fovea_status
complain(const struct reader *reader, const char *why, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
            "%.100s, line %u: %s", reader->what, reader->n_line, why);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut blanks off both ends, in place. */
static char *
trim(char *text)
{
    while (is_blank(*text)) {
        text++;
    }
    size_t size = strlen(text);
    while (size > 0 && is_blank(text[size - 1])) {
        text[--size] = '\0';
    }
    return text;
}

static enum fovea_status
read_section(struct reader *reader, char *line, struct fovea_error *err)
{
    static const char word[] = "profile";
    char *end = strchr(line, ']');
    char *rest = end ? trim(end + 1) : NULL;
    if (!end || (*rest && *rest != '#' && *rest != ';')) {
        return complain(reader, "a section without its ]", err);
    }
    *end = '\0';
    char *name = trim(line + 1);
    size_t size = sizeof word - 1;
    bool has_word = reader->is_config && strncmp(name, word, size) == 0 &&
            is_blank(name[size]);
    if (has_word) {
        name = trim(name + size);
    }
    /* In the configuration only the default profile goes without the word. */
    bool counts =
            !reader->is_config || has_word || strcmp(name, "default") == 0;
    reader->has_section = true;
    reader->is_ours = counts && strcmp(name, reader->name) == 0;
    reader->profile->is_there |= reader->is_ours;
    return FOVEA_OK;
}

/* Fields that are kept. */
static const struct {
    const char *name;
    size_t offset;
    size_t size;
} fields[] = {
#define FIELD(name, member)                                \
    {                                                      \
        name, offsetof(struct fovea_profile, member),      \
                sizeof((struct fovea_profile){ 0 }).member \
    }
    FIELD("aws_access_key_id", access_key),
    FIELD("aws_secret_access_key", secret),
    FIELD("aws_session_token", session_token),
    FIELD("region", region),
    FIELD("endpoint_url", endpoint),
#undef FIELD
};

static enum fovea_status
keep(const struct reader *reader, size_t i, const char *value,
        struct fovea_error *err)
{
    char *kept = (char *)reader->profile + fields[i].offset;
    size_t size = strlen(value);
    char why[96];
    if (!fovea_signature_is_word(value)) {
        (void)snprintf(why, sizeof why,
                "%s is empty, or has blanks or odd characters", fields[i].name);
        return complain(reader, why, err);
    }
    if (size >= fields[i].size) {
        (void)snprintf(why, sizeof why, "%s has more than %zu characters",
                fields[i].name, fields[i].size - 1);
        return complain(reader, why, err);
    }
    if (!*kept) {
        memcpy(kept, value, size + 1);
    }
    return FOVEA_OK;
}

static void
note_other_way(struct fovea_profile *profile, const char *name)
{
    static const char *const ways[] = { "credential_process", "role_arn",
        "sso_session", "sso_start_url", "web_identity_token_file",
        "credential_source" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ways); i++) {
        if (strcmp(name, ways[i]) == 0 && !profile->other_way[0]) {
            (void)snprintf(profile->other_way, sizeof profile->other_way, "%s",
                    ways[i]);
        }
    }
}

static enum fovea_status
read_field(struct reader *reader, char *line, struct fovea_error *err)
{
    char *equals = strchr(line, '=');
    if (!reader->has_section) {
        return complain(reader, "before the first [section]", err);
    }
    if (!equals) {
        return complain(reader, "neither a [section] nor name = value", err);
    }
    *equals = '\0';
    const char *name = trim(line);
    const char *value = trim(equals + 1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fields) && reader->is_ours; i++) {
        if (strcmp(name, fields[i].name) == 0) {
            return keep(reader, i, value, err);
        }
    }
    if (reader->is_ours) {
        note_other_way(reader->profile, name);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_line(struct reader *reader, char *line, struct fovea_error *err)
{
    /* Of what is indented a field of several lines is made, which none is that is
       needed here. */
    bool is_nested = is_blank(*line) && *trim(line);
    char *text = trim(line);
    if (is_nested || !*text || *text == '#' || *text == ';') {
        return FOVEA_OK;
    }
    return *text == '[' ? read_section(reader, text, err)
                        : read_field(reader, text, err);
}

enum fovea_status
fovea_profile_parse(const char *text, size_t size, const char *name,
        bool is_config, const char *what, struct fovea_profile *profile,
        struct fovea_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader reader = {
        .what = what,
        .name = name,
        .is_config = is_config,
        .profile = profile,
    };
    enum fovea_status status = FOVEA_OK;
    size_t at = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    while (at < size && !status) {
        char line[MAX_LINE];
        const char *end = memchr(text + at, '\n', size - at);
        size_t n = (end ? (size_t)(end - text) : size) - at;
        reader.n_line++;
        if (n >= sizeof line) {
            return complain(&reader, "longer than any line of such a file",
                    err);
        }
        if (memchr(text + at, '\0', n)) {
            return complain(&reader, "a NUL byte: this is no text", err);
        }
        memcpy(line, text + at, n);
        line[n] = '\0';
        at += n + (end != NULL);
        status = read_line(&reader, line, err);
        explicit_bzero(line, n);
    }
    return status;
}
