"""Change pictures the way people do before they post them again.

A view is what the model sees of a changed picture: RGB, side x side bytes.
Every kind of change that the score asks about is here, over a wider range than
the score's, and some that it does not ask about. All pictures of a batch are
changed at once, by PyTorch, on whatever device they are.
"""
import math

import torch
from torch.nn import functional as F

LUMINANCE = (16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
             14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
             18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
             92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100,
             103, 99)
CHROMINANCE = (17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
               24, 26, 56, 99, 99, 99, 99, 99, 47, 66) + (99,) * 38


UNIFORMS, NORMALS = 320, 16  # random numbers for a picture, at most


class Dice:
    """Random numbers for a batch of pictures, one or more each.

    They are drawn beforehand: what uses them is then a function of tensors
    alone, which PyTorch can compile.
    """

    def __init__(self, uniforms, normals):
        self.uniforms, self.normals = uniforms, normals
        self.n_uniforms = self.n_normals = 0
        self.count, self.device = len(uniforms), uniforms.device

    def uniform(self, low, high, *shape):
        start, n = self.n_uniforms, math.prod(shape)
        self.n_uniforms += n
        assert self.n_uniforms <= UNIFORMS
        share = self.uniforms[:, start:self.n_uniforms]
        return low + (high - low) * share.reshape(self.count, *shape)

    def normal(self, spread, *shape):
        start, n = self.n_normals, math.prod(shape)
        self.n_normals += n
        assert self.n_normals <= NORMALS
        share = self.normals[:, start:self.n_normals]
        return spread * share.reshape(self.count, *shape)

    def chance(self, share):
        return self.uniform(0, 1) < share

    def pick(self, *values):
        at = (self.uniform(0, 1) * len(values)).long()
        return torch.tensor(values, device=self.device)[
            at.clamp(max=len(values) - 1)]

    def colour(self):
        """(n, 3, 1, 1) in 0..1: mostly greys, often near black or white."""
        level = torch.where(self.chance(0.5), self.uniform(0, 0.16),
                            self.uniform(0, 1))
        level = torch.where(self.chance(0.25), self.uniform(0.86, 1), level)
        tone = torch.where(self.chance(0.25)[:, None],
                           self.uniform(0, 1, 3), level[:, None])
        return tone[:, :, None, None]


def wide(values):
    """(n,) to (n, 1, 1, 1)."""
    return values[:, None, None, None]


def quarter_turns(dice, gentle):
    """(n, 2, 2): mirrored or not, turned by 0, 90, 180 or 270 degrees."""
    side = torch.where(dice.chance(0.5) & ~gentle, -1.0, 1.0)
    turn = torch.where(dice.chance(0.5) & ~gentle, dice.pick(1, 2, 3), 0)
    c = torch.cos(turn * (math.pi / 2)).round()
    s = torch.sin(turn * (math.pi / 2)).round()
    return torch.stack([torch.stack([c * side, -s * side], 1),
                        torch.stack([s, c], 1)], 1)


def small_turn(dice, gentle):
    """(n, 2, 2): turned by some degrees, as a picture of another aspect."""
    angle = torch.where(dice.chance(0.25) & ~gentle,
                        dice.uniform(-14, 14), 0) * (math.pi / 180)
    aspect = torch.exp(dice.uniform(-0.4, 0.4))
    c, s = torch.cos(angle), torch.sin(angle)
    return torch.stack([torch.stack([c, -s * aspect], 1),
                        torch.stack([s / aspect, c], 1)], 1)


def borders(dice, gentle):
    """(n, 2): the share of either edge that a frame takes, on each side."""
    even = dice.uniform(0.02, 0.18)
    other = torch.where(dice.chance(0.4), dice.uniform(0.02, 0.18), even)
    share = torch.stack([even, other], 1)
    bars = F.one_hot(dice.pick(0, 1), 2)
    share = torch.where(dice.chance(0.3)[:, None], share * bars, share)
    return share * (dice.chance(0.3) & ~gentle)[:, None]


def crops(dice, gentle):
    """(n, 2) each: the share of either edge that is kept, and where."""
    least = dice.pick(0.4, 0.5, 0.5, 0.7, 1.0)
    keep = least + (1 - least) * dice.uniform(0, 1) ** 1.5
    keep = (keep[:, None] * torch.exp(dice.normal(0.06, 2))).clamp(max=1)
    keep = torch.where(gentle[:, None], torch.ones_like(keep), keep)
    return keep, dice.uniform(0, 1, 2) * (1 - keep) + keep / 2


def cut(pictures, dice, side, gentle):
    """Turn, crop, squash, mirror and frame: (n, 3, side, side) in 0..1.

    One affine map takes a place of the view to its place in the picture; it
    is read at twice the size and averaged, so that nothing flickers.
    """
    frame, (keep, centre) = borders(dice, gentle), crops(dice, gentle)
    at = (torch.arange(2 * side, device=pictures.device) + 0.5) / (2 * side)
    at = torch.stack([at[None, :].expand(2 * side, -1),
                      at[:, None].expand(-1, 2 * side)], 2)[None]
    inner = (at - 0.5) / (1 - 2 * frame[:, None, None, :])
    inside = (inner.abs() <= 0.5).all(3)
    place = inner * keep[:, None, None] + centre[:, None, None] - 0.5
    turn = quarter_turns(dice, gentle) @ small_turn(dice, gentle)
    place = torch.einsum("nij,nhwj->nhwi", turn, place)
    inside &= (place.abs() <= 0.5).all(3)
    pixels = pictures.permute(0, 3, 1, 2).float() / 255
    pixels = F.grid_sample(pixels, 2 * place, "bilinear", "border", False)
    fill = dice.colour() * wide(frame.sum(1) > 0)
    pixels = torch.where(inside[:, None], pixels, fill)
    return F.avg_pool2d(pixels, 2)


def overlay(pixels, dice):
    """A row of bars, of letters, a sticker, or a caption's band."""
    side = pixels.shape[-1]
    at = (torch.arange(side, device=pixels.device) + 0.5) / side
    x, y = at[None, None, :], at[None, :, None]
    one = lambda v: v[:, None, None]
    high, kind = dice.uniform(0.03, 0.12), dice.uniform(0, 1)
    top, step = dice.uniform(0, 0.95), dice.uniform(0.05, 0.14)
    row = (y >= one(top)) & (y < one(top + high))
    bars = row & ((x / one(step)) % 1 < 0.5)
    ink = dice.uniform(0, 1, 4, 48) < 0.45
    line = ((y - one(top)) / one(high) * 4).long().clamp(0, 3)
    column = (x / one(high) * 4).long() % 48
    cell = (line * 48 + column).flatten(1)
    letters = row & ink.flatten(1).gather(1, cell).view_as(row & (x > -1))
    letters &= (x > one(dice.uniform(0, 0.5))) & (
        x < one(dice.uniform(0.5, 1)))
    left, across = dice.uniform(0, 0.8), dice.uniform(0.08, 0.3)
    sticker = ((x >= one(left)) & (x < one(left + across)) & (y >= one(top))
               & (y < one(top + across * dice.uniform(0.4, 1))))
    band = torch.where(one(dice.chance(0.5)), y, 1 - y) < one(2 * high)
    band = band.expand_as(sticker)
    mask = torch.where(one(kind < 0.4), bars, torch.where(
        one(kind < 0.65), letters, torch.where(
            one(kind < 0.85), sticker, band)))
    mask = mask & one(dice.chance(0.3))
    return torch.where(mask[:, None], dice.colour(), pixels)


def grey(pixels):
    light = torch.tensor([0.299, 0.587, 0.114], device=pixels.device)
    return (pixels * light[None, :, None, None]).sum(1, keepdim=True)


def recolour(pixels, dice):
    """Brightness, contrast, warmth, gamma, saturation; sometimes grey."""
    kind = dice.uniform(0, 1)
    colours = torch.where(kind < 0.4, 0.0, torch.where(
        kind < 0.6, dice.uniform(0, 1.6), 1.0))
    light = grey(pixels)
    out = (light + (pixels - light) * wide(colours)).clamp(0, 1)
    gamma = torch.where(dice.chance(0.3),
                        torch.exp(dice.normal(0.35)), 1.0)
    out = out.clamp(min=1e-4) ** wide(gamma)
    contrast = wide(torch.exp(dice.uniform(-0.9, 0.4)))
    middle = wide(dice.uniform(0.3, 0.67))
    tint = torch.exp(dice.normal(1, 3) * dice.pick(0, 0.1, 0.2)[:, None])
    gain = torch.exp(dice.uniform(-0.5, 0.5))[:, None] * tint
    out = ((out - middle) * contrast + middle) * gain[:, :, None, None]
    return torch.where(wide(dice.chance(0.65)), out.clamp(0, 1), pixels)


def blurring(sigma, side, device):
    """(side, side): the matrix that blurs a column, its ends drawn out."""
    reach = math.ceil(2.5 * sigma)
    at = torch.arange(side, device=device)
    out = torch.zeros(side, side, device=device)
    weights = [math.exp(-k ** 2 / (2 * sigma ** 2))
               for k in range(-reach, reach + 1)]
    for k, weight in enumerate(weights):
        near = (at + k - reach).clamp(0, side - 1)
        out = out + F.one_hot(near, side) * (weight / sum(weights))
    return out


def blurred(pixels, sigma):
    """One product of matrices for each axis."""
    matrix = blurring(sigma, pixels.shape[-1], pixels.device)
    return matrix @ pixels @ matrix.T


def blur(pixels, dice):
    """Out of focus, or seen small and enlarged; between two fixed blurs."""
    amount = wide(dice.uniform(0.3, 2) * dice.chance(0.3))
    low, high = blurred(pixels, 0.8), blurred(pixels, 1.7)
    return torch.where(amount < 1, torch.lerp(pixels, low, amount),
                       torch.lerp(low, high, (amount - 1).clamp(min=0)))


def cosines(side, device):
    """(side, side): the cosines of JPEG's blocks, down the diagonal."""
    n = torch.arange(8, device=device)
    waves = torch.cos(math.pi * (2 * n[None] + 1) * n[:, None] / 16) / 2
    waves = waves * torch.where(n[:, None] == 0, math.sqrt(0.5), 1.0)
    return torch.block_diag(*[waves] * (side // 8))


def quantized(plane, table, scale):
    """What is left of 8 x 8 blocks of (n, c, h, h), samples -128..127.

    All blocks at once: products of big matrices, mostly of zeros, are far
    faster than many of tiny ones.
    """
    side = plane.shape[-1]
    waves = cosines(side, plane.device)
    steps = torch.tensor(table, device=plane.device).view(8, 8)
    steps = (steps * scale[:, None, None] / 100).round().clamp(1, 255)
    steps = steps.repeat(1, side // 8, side // 8)[:, None]
    blocks = waves @ plane @ waves.T
    return waves.T @ ((blocks / steps).round() * steps) @ waves


def compress(pixels, dice, share):
    """JPEG's losses, colours at half the size; sides are multiples of 16."""
    quality = dice.uniform(25, 92)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    light = grey(pixels)
    blue, red = pixels[:, 2:] - light, pixels[:, :1] - light
    colours = torch.cat([blue * 0.5643, red * 0.7133], 1) * 255
    luma = quantized(light * 255 - 128, LUMINANCE, scale)
    colours = quantized(F.avg_pool2d(colours, 2), CHROMINANCE, scale)
    colours = F.interpolate(colours, scale_factor=2, mode="nearest")
    luma, blue, red = luma + 128, colours[:, :1], colours[:, 1:]
    out = torch.cat([luma + 1.402 * red,
                     luma - 0.344136 * blue - 0.714136 * red,
                     luma + 1.772 * blue], 1) / 255
    return torch.where(wide(dice.chance(share)), out.clamp(0, 1), pixels)


def change(pictures, uniforms, normals, noise, gentle, side):
    """A view of each picture, a function of its arguments alone."""
    dice = Dice(uniforms, normals)
    pixels = cut(pictures, dice, side, gentle)
    changed = recolour(overlay(pixels, dice), dice)
    changed = blur(changed, dice)
    noise = noise * wide(dice.uniform(0.02, 0.12) * dice.chance(0.1))
    pixels = torch.where(wide(gentle), pixels, (changed + noise).clamp(0, 1))
    pixels = compress(pixels, dice, 0.4)
    return (pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


@torch.no_grad()
def views(pictures, generator, side, share_gentle=0.0, change=change):
    """(n, H, W, 3) bytes to one view each, (n, side, side, 3) bytes.

    share_gentle: of so many, chosen by lot, the view is hardly changed.
    change: the function of that name, perhaps compiled.
    """
    n, like = len(pictures), {"generator": generator,
                              "device": pictures.device}
    uniforms = torch.rand(n, UNIFORMS, **like)
    normals = torch.randn(n, NORMALS, **like)
    noise = torch.randn(n, 3, side, side, **like)
    gentle = torch.rand(n, **like) < share_gentle
    return change(pictures, uniforms, normals, noise, gentle, side)
