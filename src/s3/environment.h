/* Variables of the environment, and files that they name. */
#ifndef FOVEA_S3_ENVIRONMENT_H
#define FOVEA_S3_ENVIRONMENT_H

/** A variable; NULL: it is not set, or empty. The environment's. */
const char *fovea_s3_variable(const char *name);

/** The first of two variables that says something; NULL: neither. */
const char *fovea_s3_either(const char *name, const char *other);

#endif
