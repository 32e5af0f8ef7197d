/* Names of inputs in lines of JSON. */
#ifndef FOVEA_BULK_INPUT_NAME_H
#define FOVEA_BULK_INPUT_NAME_H

#include "base/text.h"

/** "input":"<name>", and "input_hex":"<all its bytes>" behind it if the name
 *  is not valid UTF-8, so that it is never lost. */
void fovea_input_name_json(struct fovea_text *text, const char *name);

#endif
