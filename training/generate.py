"""Draw the pictures that the default model learns from: no outside image.

A picture is a pile of layers, far ones first: a background, then shapes that
hide each other, each filled with a texture through a palette, lit from one
side and blurred by its depth; then light, haze and the grain of a sensor over
all of it. Textures are cuts from a bank of fields: noise with the 1/f spectra
of photographs, ridges, waves, cells, rings, fractals.

Pictures come in families: members share palettes and many layers, and differ
in the others. They are each other's hard negatives: a model that looks at
colours, or at one object, cannot tell them apart.
"""
import math
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE_PX = 176
FIELD_PX = 256
FIELDS = 160
FAMILY = 4


def stretched(field):
    """A float field as an 8-bit image over its whole range, tails cut."""
    low, high = np.percentile(field, (0.5, 99.5))
    field = np.clip((field - low) / max(high - low, 1e-9), 0, 1)
    return Image.fromarray((field * 255).astype(np.uint8))


def noise(rng, exponent, stretch=1.0):
    """Gaussian noise of spectrum 1/f^exponent, drawn out along one axis."""
    fy = np.fft.fftfreq(FIELD_PX)[:, None] * stretch
    fx = np.fft.rfftfreq(FIELD_PX)[None, :]
    f = np.hypot(fx, fy)
    f[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((FIELD_PX, FIELD_PX)))
    field = np.fft.irfft2(spectrum * f ** -exponent, s=(FIELD_PX, FIELD_PX))
    return field / field.std()


def cells(rng):
    """Distance to the nearest of some points: cobbles, scales, leaves."""
    y, x = np.mgrid[:FIELD_PX, :FIELD_PX].astype(np.float32)
    points = rng.uniform(0, FIELD_PX, (int(rng.integers(8, 50)), 2))
    near = np.sort(np.stack([np.hypot(x - px, y - py) for px, py in points]),
                   axis=0)[:2]
    return near[0] if rng.random() < 0.5 else near[1] - near[0]


def fractal(rng):
    """How soon the points of a Julia set's surroundings escape."""
    angle = rng.uniform(0, 2 * math.pi)
    c = (0.7885 * complex(math.cos(angle), math.sin(angle))
         * rng.uniform(0.9, 1.05))
    y, x = np.mgrid[-1.4:1.4:FIELD_PX * 1j, -1.4:1.4:FIELD_PX * 1j]
    z = (x + 1j * y) * rng.uniform(0.4, 1.0)
    escaped = np.zeros(z.shape)
    for _ in range(24):
        inside = np.abs(z) < 4
        z = np.where(inside, z * z + c, z)
        escaped += inside
    return escaped + 0.3 * noise(rng, 1.5)


def waves(rng):
    """Stripes, checks or rings, bent by noise."""
    y, x = np.mgrid[:FIELD_PX, :FIELD_PX] / FIELD_PX
    angle, frequency = rng.uniform(0, math.pi), rng.uniform(2, 16)
    bend = noise(rng, 2.0) * rng.choice([0, 0.02, 0.1])
    u = x * math.cos(angle) + y * math.sin(angle) + bend
    v = y * math.cos(angle) - x * math.sin(angle) + bend
    kind = rng.integers(3)
    if kind == 0:
        field = np.sin(2 * math.pi * frequency * u)
    elif kind == 1:
        field = (np.sin(2 * math.pi * frequency * u)
                 * np.sin(2 * math.pi * frequency * v))
    else:
        field = np.sin(2 * math.pi * frequency
                       * np.hypot(u - rng.random(), v - rng.random()))
    return field * rng.uniform(1, 6) + rng.uniform(0, 0.5) * noise(rng, 1.2)


def draw_field(rng):
    kind = rng.random()
    if kind < 0.45:
        field = noise(rng, rng.uniform(0.7, 2.2), rng.choice([1, 1, 0.25, 4]))
    elif kind < 0.58:
        field = np.abs(noise(rng, rng.uniform(1.2, 2.0)))
    elif kind < 0.78:
        field = waves(rng)
    elif kind < 0.92:
        field = cells(rng) * rng.uniform(0.5, 1) + 2 * noise(rng, 1.3)
    else:
        field = fractal(rng)
    return stretched(field)


class Bank:
    """Fields to cut textures from; some are drawn anew as it ages."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.fields = [draw_field(self.rng) for _ in range(FIELDS)]

    def refresh(self, count):
        for _ in range(count):
            at = int(self.rng.integers(FIELDS))
            self.fields[at] = draw_field(self.rng)


def palette(rng):
    """A table of 3 x 256 values: a walk through 2 to 5 related colours."""
    base = [rng.uniform(0, 255) for _ in range(3)]
    grey, spread = sum(base) / 3, rng.uniform(20, 140)
    chroma = rng.choice([0.15, 0.3, 0.6, 1.0])
    light = sorted(rng.uniform(-spread, spread)
                   for _ in range(rng.randint(2, 5)))
    if rng.random() < 0.3:
        rng.shuffle(light)
    stops = np.linspace(0, 255, len(light))
    table = []
    for value in base:
        steps = [grey + chroma * (value - grey) + step
                 + rng.gauss(0, 20) * chroma for step in light]
        table.append(np.clip(np.interp(np.arange(256), stops, steps), 0, 255))
    return np.concatenate(table).astype(np.uint8).tolist()


def texture(bank, rng, table, size):
    """A cut from the bank, of any scale and way up, through a palette."""
    field = rng.choice(bank.fields)
    side = FIELD_PX * rng.uniform(0.15, 1) ** 1.2
    x, y = rng.uniform(0, FIELD_PX - side), rng.uniform(0, FIELD_PX - side)
    cut = field.resize(size, Image.BICUBIC, (x, y, x + side, y + side))
    cut = cut.transpose(rng.randrange(7))
    cut = cut.resize(size) if cut.size != size else cut
    return Image.merge("RGB", (cut, cut, cut)).point(table)


def outline(rng, x, y, radius):
    """Points around a centre: smooth, spiky or with corners."""
    count = rng.choice([3, 4, 5, 6, 24])
    stretch, turn = rng.uniform(0.4, 1), rng.uniform(0, 2 * math.pi)
    waves_ = [(rng.uniform(0, 0.35) / k, rng.uniform(0, 6.3), k)
              for k in (2, 3, 5)]
    points = []
    for i in range(count):
        a = 2 * math.pi * i / count
        r = radius * (1 + sum(s * math.sin(k * a + p) for s, p, k in waves_))
        u, v = r * math.cos(a), r * stretch * math.sin(a)
        points.append((x + u * math.cos(turn) - v * math.sin(turn),
                       y + u * math.sin(turn) + v * math.cos(turn)))
    return points


def draw_strokes(draw, rng, x, y, radius):
    """Bent lines, or a row of them much like letters."""
    if rng.random() < 0.5:
        for i in range(rng.randint(3, 9)):
            at = x - radius + i * radius / 3
            draw.line([(at + rng.uniform(0, radius / 4),
                        y + rng.uniform(-1, 1) * radius / 5)
                       for _ in range(rng.randint(2, 5))],
                      fill=255, width=max(1, int(radius / 14)))
        return
    for _ in range(rng.randint(1, 5)):
        angle, points = rng.uniform(0, 6.3), [(x, y)]
        for _ in range(12):
            angle += rng.gauss(0, 0.4)
            points.append((points[-1][0] + radius / 5 * math.cos(angle),
                           points[-1][1] + radius / 5 * math.sin(angle)))
        draw.line(points, fill=255, width=rng.randint(1, 7), joint="curve")


def shape(bank, rng, size):
    """A mask of one thing, and the box of its middle and size."""
    w, h = size
    x, y = rng.gauss(w / 2, w / 4), rng.gauss(h / 2, h / 4)
    radius = w * min(0.6, rng.paretovariate(1.3) * 0.05)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    kind = rng.random()
    if kind < 0.2:
        ry = radius * rng.uniform(0.4, 1)
        draw.ellipse((x - radius, y - ry, x + radius, y + ry), fill=255)
    elif kind < 0.6:
        draw.polygon(outline(rng, x, y, radius), fill=255)
    elif kind < 0.75:
        draw_strokes(draw, rng, x, y, radius * 1.5)
    elif kind < 0.85:  # ground, sea, wall: one side of a line
        tilt = rng.gauss(0, 0.3)
        draw.polygon([(0, y - tilt * w), (w, y + tilt * w), (w, h), (0, h)],
                     fill=255)
        if rng.random() < 0.3:
            mask = mask.transpose(rng.choice([Image.ROTATE_90,
                                              Image.ROTATE_180]))
            mask = mask.resize(size)
    else:  # a region of no simple form
        field = rng.choice(bank.fields).resize(size, Image.BILINEAR)
        level, steep = rng.uniform(110, 200), rng.uniform(4, 30)
        mask = field.point([int(min(255, max(0, (v - level) * steep)))
                            for v in range(256)])
    return mask, (int(x - radius * 1.3), int(y - radius * 1.3),
                  int(radius * 2.6) + 2)


def light(rng, size, box):
    """Brightness over a thing: lit from one side, as if it were round."""
    x, y, side = box
    ball = Image.radial_gradient("L").point([255 - int(v * 0.8)
                                             for v in range(256)])
    lit = Image.new("L", size, rng.randint(60, 140))
    side = max(side, 4)
    lit.paste(ball.resize((side, side)),
              (x + int(rng.uniform(-0.3, 0.3) * side),
               y + int(rng.uniform(-0.3, 0.3) * side)))
    return Image.merge("RGB", (lit, lit, lit))


def add_layer(picture, bank, rng, tables):
    mask, box = shape(bank, rng, picture.size)
    filled = texture(bank, rng, rng.choice(tables), picture.size)
    if rng.random() < 0.4:
        filled = ImageChops.multiply(filled, light(rng, picture.size, box))
    if rng.random() < 0.3:  # the shadow it throws
        dark = mask.filter(ImageFilter.BoxBlur(3)).point(lambda v: v * 0.6)
        picture.paste((0, 0, 0), (rng.randint(-6, 6), rng.randint(-6, 6)),
                      dark)
    depth = rng.choice([0, 0, 0.5, 1, 3])
    if depth:
        mask = mask.filter(ImageFilter.BoxBlur(depth))
        filled = filled.filter(ImageFilter.BoxBlur(depth))
    picture.paste(filled, (0, 0), mask)


def develop(picture, bank, rng):
    """Light over all, haze, a lens's blur, and grain."""
    if rng.random() < 0.6:
        shade = rng.choice(bank.fields).resize(
            picture.size, Image.BICUBIC, (0, 0, FIELD_PX / 5, FIELD_PX / 5))
        low = rng.uniform(80, 220)
        shade = shade.point([int(low + (255 - low) * v / 255)
                             for v in range(256)])
        picture = ImageChops.multiply(picture,
                                      Image.merge("RGB", (shade,) * 3))
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.BoxBlur(rng.uniform(0.3, 1.2)))
    if rng.random() < 0.5:
        grain = np.random.default_rng(rng.getrandbits(32)).standard_normal(
            (picture.size[1], picture.size[0], 1), np.float32)
        pixels = np.asarray(picture) + grain * rng.uniform(1, 10)
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return picture


def draw_family(bank, seed, members=FAMILY, size=(SIDE_PX, SIDE_PX)):
    """Pictures of one family, the same ones for the same seed and bank."""
    rng = random.Random(seed)
    tables = [palette(rng) for _ in range(rng.randint(2, 6))]
    layers = int(min(30, rng.paretovariate(0.8) + 2))
    seeds = [rng.getrandbits(48) for _ in range(layers + 2)]
    change = rng.uniform(0.3, 1)
    pictures = []
    for member in range(members):
        own = [s if member == 0 or rng.random() > change
               else rng.getrandbits(48) for s in seeds]
        if own == seeds and member:
            own[0] = rng.getrandbits(48)
        ground = random.Random(own[0])
        picture = texture(bank, ground, ground.choice(tables), size)
        for s in own[2:]:
            add_layer(picture, bank, random.Random(s), tables)
        pictures.append(develop(picture, bank, random.Random(own[1])))
    return pictures
