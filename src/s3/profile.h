/*
 * AWS's profile files, ~/.aws/credentials and ~/.aws/config: sections of lines
 * "name = value".
 *
 * Of a profile only what is needed is kept. Nothing that a line says stands in a
 * message, but for names of sections and fields: the rest may be a secret.
 */
#ifndef FOVEA_S3_PROFILE_H
#define FOVEA_S3_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "source/signature.h"

enum {
    FOVEA_MAX_PROFILE_FILE = 1 << 20, /* bytes */
    FOVEA_ENDPOINT_SIZE = 512
};

/** What a profile says; "": nothing of that. */
struct fovea_profile {
    bool is_there; /* a section of its name was found */
    char access_key[FOVEA_ACCESS_KEY_SIZE];
    char secret[FOVEA_SECRET_SIZE];
    char session_token[FOVEA_SESSION_TOKEN_SIZE];
    char region[FOVEA_REGION_SIZE];
    char endpoint[FOVEA_ENDPOINT_SIZE];
    char other_way[32]; /* another way to credentials that it names, which fovea
                           does not go: "role_arn" */
};

/**
 * Read the sections of one profile out of a file's text, into what is known of it:
 * what is there already stays.
 *
 * @param is_config  Sections are [default] and [profile NAME]; else [NAME].
 * @param what       What messages call the file.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_STORE_CREDENTIALS: a line is none, or a value
 *         is none of its kind; says which line.
 */
FOVEA_NODISCARD enum fovea_status fovea_profile_parse(const char *text,
        size_t size, const char *name, bool is_config, const char *what,
        struct fovea_profile *profile, struct fovea_error *err);

/**
 * Read a profile from both files, where they are or where
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE say. A file that is not there says
 * nothing.
 *
 * @return as above; FOVEA_ERR_OBJECT_STORE_CREDENTIALS for what cannot be read, too.
 */
FOVEA_NODISCARD enum fovea_status fovea_profile_read(const char *name,
        struct fovea_profile *profile_out, struct fovea_error *err);

#endif
