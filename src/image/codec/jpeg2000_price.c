/*
 * What decoding a JPEG 2000 takes: see jpeg2000.h.
 *
 * Memory: the decoded components, 4 bytes a sample, once more as a tile where
 * there are several, and once more for each column of a palette; the coded bytes
 * of a tile; and what OpenJPEG keeps of tiles, precincts and code blocks, of one
 * tile at a time. Blocks may be as small as 4x4: then that is most of it.
 *
 * Of a picture that is decoded smaller than it is the components are smaller; all
 * else is there, whether it is decoded or not.
 *
 * Work: a pixel takes some passes, and each coded byte many more.
 */
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/jpeg2000.h"

enum {
    SAMPLE_BYTES = 4,
    TILE_BYTES = 8 << 10,      /* of each tile, whether it is decoded or not, */
    COMPONENT_BYTES = 2 << 10, /* and of each of its components */
    PRECINCT_BYTES = 256,
    BLOCK_BYTES = 480,
    PASSES = 4,
    PASSES_PER_BYTE = 16
};

static uint64_t
divide_up(uint64_t a, unsigned log2)
{
    return (a + (UINT64_C(1) << log2) - 1) >> log2;
}

static unsigned
smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Of one component of one tile. Whatever is cut into parts may begin in the
   midst of one: hence one more each way. */
static uint64_t
price_structure(const struct fovea_jpeg2000_coding *coding, uint64_t width,
        uint64_t height)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i <= coding->n_levels; i++) {
        unsigned shrunk = coding->n_levels - i;
        unsigned halved =
                i > 0; /* of a resolution three bands are of it alone */
        uint64_t across = divide_up(width, shrunk);
        uint64_t down = divide_up(height, shrunk);
        unsigned log_width = coding->precinct_width[i];
        unsigned log_height = coding->precinct_height[i];
        uint64_t n_precincts =
                fovea_product_bytes(divide_up(across, log_width) + 1,
                        divide_up(down, log_height) + 1);
        log_width -= smaller(halved, log_width);
        log_height -= smaller(halved, log_height);
        log_width = smaller(log_width, coding->block_width);
        log_height = smaller(log_height, coding->block_height);
        uint64_t n_blocks = fovea_product_bytes(
                divide_up(divide_up(across, halved), log_width) + 1,
                divide_up(divide_up(down, halved), log_height) + 1);
        n_blocks = fovea_product_bytes(n_blocks, halved ? 3 : 1);
        uint64_t each = PRECINCT_BYTES + 2 * (uint64_t)coding->n_layers;
        bytes = fovea_sum_bytes(bytes, fovea_product_bytes(n_precincts, each));
        bytes = fovea_sum_bytes(bytes,
                fovea_product_bytes(n_blocks, BLOCK_BYTES));
    }
    return bytes;
}

static uint64_t
smaller_side(uint32_t tile, uint32_t picture)
{
    return tile < picture ? tile : picture;
}

/* Samples of a component, of so many columns and rows of the picture. */
static uint64_t
count_samples(const struct fovea_jpeg2000_component *component, uint64_t width,
        uint64_t height, unsigned shrink)
{
    uint64_t across = width / component->dx + 1;
    uint64_t down = height / component->dy + 1;
    if (shrink > 1) {
        across = across / shrink + 1;
        down = down / shrink + 1;
    }
    return fovea_product_bytes(across, down);
}

void
fovea_jpeg2000_price(const struct fovea_jpeg2000 *head, unsigned shrink,
        struct fovea_image_info *info)
{
    uint64_t coded = head->end - head->at;
    uint64_t width = smaller_side(head->tile_width_px, head->width_px);
    uint64_t height = smaller_side(head->tile_height_px, head->height_px);
    uint64_t samples = 0;
    uint64_t bytes = coded;
    for (unsigned i = 0; i < head->n_components; i++) {
        const struct fovea_jpeg2000_component *component = &head->components[i];
        uint64_t n = count_samples(component, head->width_px, head->height_px,
                shrink);
        uint64_t of_tile = count_samples(component, width, height, shrink);
        n = fovea_sum_bytes(n, head->n_tiles > 1 ? of_tile : 0);
        samples = fovea_sum_bytes(samples, n);
        bytes = fovea_sum_bytes(bytes,
                price_structure(&head->coding, width / component->dx + 1,
                        height / component->dy + 1));
    }
    uint64_t pixels = (uint64_t)info->rows.width_px * info->rows.height_px;
    samples = fovea_sum_bytes(samples,
            fovea_product_bytes(pixels, head->n_palette));
    bytes = fovea_sum_bytes(bytes, fovea_product_bytes(samples, SAMPLE_BYTES));
    bytes = fovea_sum_bytes(bytes,
            head->n_tiles *
                    (TILE_BYTES +
                            (uint64_t)COMPONENT_BYTES * head->n_components));
    info->decode_bytes = bytes;
    info->decode_work = fovea_sum_bytes(fovea_decode_passes(info, PASSES),
            fovea_product_bytes(coded, PASSES_PER_BYTE));
}
