/* The forms of attention there are: each is made of a file of its own. */
#ifndef FOVEA_ENGINE_CPU_ATTEND_FORMS_H
#define FOVEA_ENGINE_CPU_ATTEND_FORMS_H

#include "engine/cpu/attend_form.h"

#define X(name, element, level) \
    extern const struct fovea_attend_form fovea_attend_##name;
#include "engine/cpu/attend_forms.def"
#undef X

#endif
