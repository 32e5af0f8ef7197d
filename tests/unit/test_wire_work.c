/* Kinds of work: their numbers are said on the wire, and what LOAD may bring
   along depends on them. */
#include <string.h>

#include "base/macros.h"
#include "support/test.h"
#include "wire/messages.h"

static void
the_table_is_what_the_protocol_says(void **state)
{
    (void)state;
    static const struct {
        enum fovea_work_kind kind;
        int number;
        const char *name;
        const char *item;
        enum fovea_modality modality;
        bool has_engine;
        enum fovea_work_output output;
    } expected[] = {
        /* docs/PROTOCOL.md */
        { FOVEA_WORK_EMBED, 0, "embed", "image", FOVEA_MODALITY_IMAGE, true,
                FOVEA_OUTPUT_VECTOR },
        { FOVEA_WORK_PIXELS, 1, "pixels", "image", FOVEA_MODALITY_IMAGE, false,
                FOVEA_OUTPUT_FILE },
        { FOVEA_WORK_EMBED_TEXT, 2, "embed_text", "text", FOVEA_MODALITY_TEXT,
                true, FOVEA_OUTPUT_VECTOR },
        { FOVEA_WORK_TOKENS, 3, "tokens", "text", FOVEA_MODALITY_TEXT, false,
                FOVEA_OUTPUT_FILE },
        { FOVEA_WORK_THUMBNAIL, 4, "thumbnail", "image", FOVEA_MODALITY_IMAGE,
                false, FOVEA_OUTPUT_FILE },
    };
    _Static_assert(FOVEA_ARRAY_LEN(expected) == FOVEA_N_WORK_KINDS,
            "every kind has a row here");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(expected); i++) {
        const struct fovea_work_facts *facts =
                fovea_work_facts(expected[i].kind);
        assert_int_equal(expected[i].kind, expected[i].number);
        assert_string_equal(facts->name, expected[i].name);
        assert_string_equal(facts->item, expected[i].item);
        assert_int_equal(facts->modality, expected[i].modality);
        assert_int_equal(facts->has_engine, expected[i].has_engine);
        assert_int_equal(facts->output, expected[i].output);
    }
}

/* Whether a LOAD of this number is taken, with so many files beside it. */
static bool
is_taken(unsigned number, bool packed_is_foreign, size_t n_fds)
{
    static struct fovea_load load;
    uint8_t bytes[256];
    struct fovea_writer writer;
    load = (struct fovea_load){
        .directory = "/models/clip",
        .kind = (enum fovea_work_kind)number,
        .dtype = FOVEA_DTYPE_F32,
        .sandbox = FOVEA_SANDBOX_ON,
        .n_threads = 1,
        .max_batch = 1,
        .limits = { .max_bytes = 1,
                .max_pixels = 1,
                .max_side_px = 1,
                .max_decode_bytes = 1,
                .max_decode_work = 1,
                .max_text_bytes = 1 },
        .thumbnail_px = 256,
        .packed_is_foreign = packed_is_foreign,
    };
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(&load, &writer);
    assert_false(writer.overflow);
    const struct fovea_frame frame = { .type = FOVEA_FRAME_LOAD,
        .payload = bytes,
        .size = writer.size,
        .n_fds = n_fds };
    memset(&load, 0xee, sizeof load);
    bool good = fovea_load_read(&frame, &load);
    assert_true(!good || load.kind == (enum fovea_work_kind)number);
    return good;
}

static void
load_brings_all_that_is_shared_or_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FOVEA_N_WORK_KINDS; i++) {
        enum fovea_work_kind kind = (enum fovea_work_kind)i;
        size_t n_shared = fovea_work_n_shared(kind);
        const struct fovea_work_facts *facts = fovea_work_facts(kind);
        bool is_text = facts->modality == FOVEA_MODALITY_TEXT;
        assert_int_equal(fovea_work_shares(kind, FOVEA_SHARED_WEIGHTS),
                facts->has_engine);
        assert_int_equal(fovea_work_shares(kind, FOVEA_SHARED_TABLE), is_text);
        assert_int_equal(n_shared, facts->has_engine + is_text);
        assert_true(is_taken(i, false, 0)); /* to be made, or none */
        assert_false(is_taken(i, true, 0)); /* of what? */
        for (size_t n = 1; n < 4; n++) {
            assert_int_equal(is_taken(i, false, n), n == n_shared);
            assert_int_equal(is_taken(i, true, n), n == n_shared);
        }
    }
}

static void
load_of_no_kind_is_refused(void **state)
{
    (void)state;
    assert_false(is_taken(FOVEA_N_WORK_KINDS, false, 0));
    assert_false(is_taken(UINT32_MAX, false, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_what_the_protocol_says),
        cmocka_unit_test(load_brings_all_that_is_shared_or_nothing),
        cmocka_unit_test(load_of_no_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
