/* See form.h. */
#include "engine/cpu/form.h"

const struct fovea_form_ops *
fovea_form_ops(enum fovea_form form)
{
    static const struct fovea_form_ops *const table[FOVEA_N_FORMS] = {
#define X(NAME, name) [FOVEA_FORM_##NAME] = &fovea_form_##name,
#include "engine/cpu/forms.def"
#undef X
    };
    return table[form];
}
