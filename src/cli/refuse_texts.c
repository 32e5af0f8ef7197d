/* Texts for a model that takes none. */
#include "base/error.h"
#include "cli/cli.h"

enum fovea_status
fovea_cli_refuse_texts(struct fovea_model *model, struct fovea_error *err)
{
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    struct fovea_error why;
    /* Refused before any work, and with the reason, which may be another than
       that there is no text tower. */
    if (fovea_tokenize(model, "", 0, &tokens, &why)) {
        fovea_cli_report("%s", why.message);
    }
    fovea_tokens_finish(&tokens);
    return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
            "for a model that embeds texts: fovea pull "
            "openai/clip-vit-base-patch32, and then -m "
            "openai/clip-vit-base-patch32");
}
