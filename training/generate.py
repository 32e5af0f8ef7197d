"""Draw the pictures that the default model learns from: no outside image.

A picture is a pile of layers, far ones first: a background, then things that
hide each other (outlines alone or in swarms, lit solids, strokes, writing,
regions of noise, older pictures stuck in), each filled with a texture through
a palette, lit from one side and blurred by its depth; then light, haze and the
grain of a sensor over all of it. Textures are cuts from a bank of fields:
noise with the 1/f spectra of photographs, ridges, gradients, waves, cells,
rings, fractals. Some pictures begin as collages of older ones.

Pictures come in families: members share palettes and many layers, and differ
in the others. They are each other's hard negatives: a model that looks at
colours, or at one object, cannot tell them apart.
"""
import collections
import math
import random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE_PX = 176
FIELD_PX = 256
FIELDS = 160
FAMILY = 4
KEPT = 64  # older pictures at hand for collages


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
    first = second = np.full(x.shape, np.inf, np.float32)
    for px, py in points:
        far = np.hypot(x - px, y - py)
        second = np.minimum(second, np.maximum(first, far))
        first = np.minimum(first, far)
    return first if rng.random() < 0.5 else second - first


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


def gradient(rng):
    """Light that falls off along a line or from a point, hardly uneven."""
    y, x = np.mgrid[-1:1:FIELD_PX * 1j, -1:1:FIELD_PX * 1j]
    angle = rng.uniform(0, 2 * math.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    if rng.random() < 0.4:
        along = np.hypot(x - rng.uniform(-1, 1), y - rng.uniform(-1, 1))
    return along + rng.uniform(0, 0.1) * noise(rng, 1.5)


def draw_field(rng):
    kind = rng.random()
    if kind < 0.40:
        field = noise(rng, rng.uniform(0.7, 2.2), rng.choice([1, 1, 0.25, 4]))
    elif kind < 0.45:
        field = gradient(rng)
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
    """Fields to cut textures from, some drawn anew as it ages, and the
    pictures last drawn."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.fields = [draw_field(self.rng) for _ in range(FIELDS)]
        self.pictures = collections.deque(maxlen=KEPT)

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
    """Bent lines: branches, wires, scribbles."""
    for _ in range(rng.randint(1, 5)):
        angle, points = rng.uniform(0, 6.3), [(x, y)]
        for _ in range(12):
            angle += rng.gauss(0, 0.4)
            points.append((points[-1][0] + radius / 5 * math.cos(angle),
                           points[-1][1] + radius / 5 * math.sin(angle)))
        draw.line(points, fill=255, width=rng.randint(1, 7), joint="curve")


def draw_writing(draw, rng, x, y, radius):
    """Lines of glyphs from an alphabet made up for the occasion."""
    grid = [(u / 2, v / 3) for u in range(3) for v in range(4)]
    alphabet = [[rng.sample(grid, rng.randint(2, 3))
                 for _ in range(rng.randint(1, 3))] for _ in range(12)]
    high = radius * rng.choice([0.2, 0.35, 0.7])
    wide = high * rng.uniform(0.4, 0.7)
    for row in range(rng.randint(1, 5)):
        for column in range(int(2 * radius / wide)):
            if rng.random() < 0.15:
                continue
            left = x - radius + column * wide
            top = y - radius / 2 + row * high * 1.4
            for stroke in rng.choice(alphabet):
                draw.line([(left + u * wide * 0.8, top + v * high)
                           for u, v in stroke],
                          fill=255, width=max(1, int(high / 6)))


def draw_outlines(draw, rng, x, y, radius):
    """One outline, or a swarm of it."""
    points = ellipse(x, y, radius, radius * rng.uniform(0.4, 1)) if (
        rng.random() < 0.3) else outline(rng, x, y, radius)
    draw.polygon(points, fill=255)
    if rng.random() < 0.2:
        for _ in range(rng.randint(2, 12)):
            dx, dy = (rng.gauss(0, radius * 3) for _ in range(2))
            scale = rng.uniform(0.5, 1.2)
            draw.polygon([(x + dx + (u - x) * scale, y + dy + (v - y) * scale)
                          for u, v in points], fill=255)


def ellipse(x, y, rx, ry):
    return [(x + rx * math.cos(a * math.pi / 16),
             y + ry * math.sin(a * math.pi / 16)) for a in range(32)]


def ground(draw, rng, size):
    """Ground, sea, sky, wall: one side of a line."""
    w, h = size
    y, tilt = rng.gauss(h / 2, h / 4), rng.gauss(0, 0.3)
    near, far = (h, h) if rng.random() < 0.8 else (0, 0)
    line = [(0, y - tilt * w), (w, y + tilt * w), (w, far), (0, near)]
    if rng.random() < 0.25:
        line = [(v * w / h, u * h / w) for u, v in line]
    draw.polygon(line, fill=255)


def region(bank, rng, size):
    """Where a field is high: a mask of no simple form."""
    field = rng.choice(bank.fields).resize(size, Image.BILINEAR)
    level, steep = rng.uniform(110, 200), rng.uniform(4, 30)
    return field.point([int(min(255, max(0, (v - level) * steep)))
                        for v in range(256)])


def place(rng, size):
    """Where a thing is, and how large: small ones are many, as they are."""
    w, h = size
    return (rng.gauss(w / 2, w / 4), rng.gauss(h / 2, h / 4),
            w * min(0.6, rng.paretovariate(1.3) * 0.05))


def shape(bank, rng, size):
    """A mask of one thing, and the light on it or None."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    x, y, radius = place(rng, size)
    kind = rng.random()
    if kind < 0.2:
        return solid(rng, size, x, y, radius * 1.2)
    if kind < 0.55:
        draw_outlines(draw, rng, x, y, radius)
    elif kind < 0.63:
        draw_strokes(draw, rng, x, y, radius * 1.5)
    elif kind < 0.72:
        draw_writing(draw, rng, x, y, radius * 2)
    elif kind < 0.83:
        ground(draw, rng, size)
    else:
        mask = region(bank, rng, size)
    return mask, light(rng, size, x, y, radius) if rng.random() < 0.4 else None


def solid(rng, size, x, y, radius):
    """The mask and the light of a ball, a pillar, a cone or a box."""
    lamp = np.array([rng.gauss(0, 0.6), rng.gauss(-0.5, 0.6), 0.7])
    lamp /= np.linalg.norm(lamp)
    ambient = rng.uniform(0.1, 0.5)
    if rng.random() < 0.4:
        return box(rng, size, x, y, radius, lamp, ambient)
    h, w = np.mgrid[:size[1], :size[0]].astype(np.float32)
    turn, long = rng.uniform(0, 6.3), rng.uniform(1, 2.5)
    c, s = math.cos(turn), math.sin(turn)
    u = ((w - x) * c + (h - y) * s) / radius
    v = ((h - y) * c - (w - x) * s) / radius
    kind = rng.choice(["ball", "pillar", "cone"])
    if kind == "ball":
        inside, across, along = np.hypot(u, v) < 1, u, v
    else:
        thin = 1 if kind == "pillar" else np.clip((v / long + 1) / 2, 0.01, 1)
        inside = (np.abs(u) < thin) & (np.abs(v) < long)
        across, along = u / thin, np.zeros_like(v)
    depth = np.sqrt(np.clip(1 - across ** 2 - along ** 2, 0, 1))
    facing = ((across * c - along * s) * lamp[0]
              + (across * s + along * c) * lamp[1] + depth * lamp[2])
    facing = np.clip(facing, 0, 1)
    lit = ambient + (1 - ambient) * facing + rng.choice([0, 1]) * facing ** 20
    return (Image.fromarray((inside * 255).astype(np.uint8)),
            Image.fromarray((np.clip(lit, 0, 1) * 255).astype(np.uint8)))


def box(rng, size, x, y, radius, lamp, ambient):
    """The three sides seen of a turned box."""
    mask, lit = Image.new("L", size), Image.new("L", size)
    turn, _ = np.linalg.qr(np.array([[rng.gauss(0, 1) for _ in range(3)]
                                     for _ in range(3)]))
    turn = turn * [rng.uniform(0.5, 1) for _ in range(3)] * radius
    for axis in range(3):
        out = turn[:, axis] if turn[2, axis] > 0 else -turn[:, axis]
        one, two = turn[:, axis - 1], turn[:, axis - 2]
        corners = [(x + p[0], y + p[1]) for p in (
            out + one + two, out + one - two, out - one - two,
            out - one + two)]
        facing = max(0, float(out @ lamp / np.linalg.norm(out)))
        ImageDraw.Draw(mask).polygon(corners, fill=255)
        ImageDraw.Draw(lit).polygon(
            corners, fill=int(255 * (ambient + (1 - ambient) * facing)))
    return mask, lit


def light(rng, size, x, y, radius):
    """Brightness over a thing: lit from one side, as if it were round."""
    ball = Image.radial_gradient("L").point([255 - int(v * 0.8)
                                             for v in range(256)])
    lit = Image.new("L", size, rng.randint(60, 140))
    side = int(radius * 2.6) + 6
    lit.paste(ball.resize((side, side)),
              (int(x + rng.uniform(-0.8, -0.2) * side),
               int(y + rng.uniform(-0.8, -0.2) * side)))
    return lit


def add_layer(picture, bank, rng, tables):
    if bank.pictures and rng.random() < 0.03:
        stick_in(picture, bank, rng)
        return
    mask, lit = shape(bank, rng, picture.size)
    filled = texture(bank, rng, rng.choice(tables), picture.size)
    if lit:
        filled = ImageChops.multiply(filled, Image.merge("RGB", (lit,) * 3))
    if rng.random() < 0.3:  # the shadow it throws
        dark = mask.filter(ImageFilter.BoxBlur(3)).point(lambda v: v * 0.6)
        picture.paste((0, 0, 0), (rng.randint(-6, 6), rng.randint(-6, 6)),
                      dark)
    depth = rng.choice([0, 0, 0.5, 1, 3])
    if depth:
        mask = mask.filter(ImageFilter.BoxBlur(depth))
        filled = filled.filter(ImageFilter.BoxBlur(depth))
    picture.paste(filled, (0, 0), mask)


def stick_in(picture, bank, rng):
    """An older picture, smaller and a little turned."""
    x, y, radius = place(rng, picture.size)
    side = int(radius * 2) + 8
    old = rng.choice(bank.pictures).resize(
        (side, int(side * rng.uniform(0.6, 1.5))), Image.BILINEAR)
    turned = old.convert("RGBA").rotate(rng.gauss(0, 10), expand=True)
    picture.paste(turned.convert("RGB"), (int(x - side / 2),
                                          int(y - side / 2)), turned)


def collage(bank, rng, size):
    """Older pictures, edge to edge or with a gap."""
    picture = Image.new("RGB", size, (rng.choice([0, 128, 255]),) * 3)
    columns, rows = rng.choice([(2, 1), (1, 2), (2, 2), (3, 2), (3, 3)])
    wide, high = size[0] / columns, size[1] / rows
    gap = rng.choice([0, 2, 5])
    for i in range(columns * rows):
        x, y = i % columns * wide, i // columns * high
        old = rng.choice(bank.pictures)
        picture.paste(old.resize((max(1, int(wide - gap)),
                                  max(1, int(high - gap))), Image.BILINEAR),
                      (int(x + gap / 2), int(y + gap / 2)))
    return picture


def background(bank, rng, tables, size):
    if bank.pictures and rng.random() < 0.06:
        return collage(bank, rng, size)
    return texture(bank, rng, rng.choice(tables), size)


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
    layers = int(min(30, rng.paretovariate(0.8) + 4))
    seeds = [rng.getrandbits(48) for _ in range(layers + 2)]
    change = rng.uniform(0.3, 1)
    pictures = []
    for member in range(members):
        own = [s if member == 0 or rng.random() > change
               else rng.getrandbits(48) for s in seeds]
        if own == seeds and member:
            own[0] = rng.getrandbits(48)
        picture = background(bank, random.Random(own[0]), tables, size)
        for s in own[2:]:
            add_layer(picture, bank, random.Random(s), tables)
        pictures.append(develop(picture, bank, random.Random(own[1])))
    bank.pictures.append(pictures[0])
    return pictures
