/* See valid_text.h. */
#include "export/valid_text.h"

#include "base/utf8.h"

void
fovea_valid_text_add(struct fovea_text *text, const char *string)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    while (*string) {
        size_t n = fovea_utf8_size(string);
        if (n == 0) {
            fovea_text_add(text, replacement, sizeof replacement - 1);
        } else {
            fovea_text_add(text, string, n);
        }
        string += n ? n : 1;
    }
}
