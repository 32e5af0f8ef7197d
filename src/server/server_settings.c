/* Where the server's rows of the table of options have their values. */
#include "server/server_settings.h"

#include "option/value.h"

static const struct {
    size_t offset;
    size_t size;
} members[FOVEA_N_OPTIONS] = {
#define PLACE_SERVER(id, member)                                            \
    [FOVEA_OPTION_##id] = { offsetof(struct fovea_server_settings, member), \
        sizeof(((struct fovea_server_settings *)0)->member) },
#define PLACE_LIBRARY(id, member)
#define PLACE_MEMBER(id, member)
#define PLACE_ARGUMENT(id, member)
#define ROW(id, scope, name, field, member, ...) PLACE_##scope(id, member)
#include "option/option.def"
};

void *
fovea_server_setting(struct fovea_server_settings *settings,
        enum fovea_option_id id, size_t *size_out)
{
    *size_out = members[id].size;
    return members[id].size ? (char *)settings + members[id].offset : NULL;
}

void
fovea_server_settings_init(struct fovea_server_settings *settings)
{
    *settings = (struct fovea_server_settings){
        .library = FOVEA_OPTIONS_INIT,
    };
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        size_t size = 0;
        void *at =
                fovea_server_setting(settings, (enum fovea_option_id)i, &size);
        if (at) {
            fovea_value_default(&fovea_option_rows[i], at, size);
        }
    }
}
