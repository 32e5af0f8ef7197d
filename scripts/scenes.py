"""The scenes of samples/, drawn from noise: each function gives an RGB picture.

Pictures are float32 arrays of (HEIGHT, WIDTH, 3) in display values 0..1, drawn
half as large again as they are saved, so that edges come out smooth. Every
random number comes from a generator that the scene's name seeds.
"""
import zlib

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 960, 720
SAVED = (640, 480)

Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
U, V = X / WIDTH, Y / HEIGHT


def generator(name):
    return np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)


def rgb(text):
    """'ff8000' as three floats."""
    return np.array([int(text[i:i + 2], 16) for i in (0, 2, 4)],
                    np.float32) / 255


def smooth(a, low, high):
    t = np.clip((a - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def over(below, colour, alpha):
    """Lay a colour (or a picture) over a picture."""
    a = np.asarray(alpha, np.float32)[..., None]
    return below * (1 - a) + colour * a


def ramp(t, *stops):
    """Colour at t along (position, 'rrggbb') stops."""
    at = [s[0] for s in stops]
    colours = np.stack([rgb(s[1]) for s in stops])
    return np.stack([np.interp(t, at, colours[:, c]) for c in range(3)],
                    -1).astype(np.float32)


def grid_noise(rng, cells_y, cells_x, shape=(HEIGHT, WIDTH)):
    """Smooth noise about 0, one bump a cell."""
    cells = rng.rand(max(2, int(cells_y)) + 1, max(2, int(cells_x)) + 1)
    image = Image.fromarray((cells - 0.5).astype(np.float32), "F")
    return np.asarray(image.resize((shape[1], shape[0]), Image.BICUBIC))


def fractal(rng, scale, octaves=6, stretch=1.0, gain=0.5, shape=None):
    """Noise of many sizes, about -1..1; stretch > 1 lies along x."""
    shape = shape or (HEIGHT, WIDTH)
    total, weight, sum_of_weights = np.zeros(shape, np.float32), 1.0, 0.0
    for octave in range(octaves):
        cells = scale * 2 ** octave
        total += weight * grid_noise(rng, cells * shape[0] / shape[1],
                                     cells / stretch, shape)
        sum_of_weights += weight
        weight *= gain
    return total * (2.2 / sum_of_weights)


def warp(field, dx, dy):
    """Look a field up at displaced places (pixels), wrapping around."""
    x = (X + dx).astype(np.int32) % WIDTH
    y = (Y + dy).astype(np.int32) % HEIGHT
    return field[y, x]


def blur(picture, radius):
    if picture.ndim == 2:
        image = Image.fromarray((np.clip(picture, 0, 1) * 255)
                                .astype(np.uint8), "L")
    else:
        image = Image.fromarray((np.clip(picture, 0, 1) * 255)
                                .astype(np.uint8), "RGB")
    image = image.filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image).astype(np.float32) / 255


def ridge(rng, base, height, scale, octaves=7, gain=0.5):
    """A skyline: for each column the row (0..1) where the hill begins."""
    line = fractal(rng, scale, octaves, shape=(8, WIDTH), gain=gain)[4]
    return base - height * line


def below_line(line, softness=0.002):
    return smooth(V, line[None] - softness, line[None] + softness)


def vignette(picture, strength=0.35):
    r = np.hypot((U - 0.5) * 1.15, V - 0.5)
    return picture * (1 - strength * smooth(r, 0.3, 0.85))[..., None]


def finish(picture, rng, grain=0.02, strength=0.35):
    """Vignette, size, film grain: a PIL picture of SAVED size."""
    picture = np.clip(vignette(picture, strength), 0, 1)
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8), "RGB")
    a = np.asarray(image.resize(SAVED, Image.LANCZOS)).astype(np.float32) / 255
    noise = rng.normal(0, 1, a.shape[:2]).astype(np.float32)
    light = a.mean(-1)
    a = a + (noise * grain * (0.4 + light * (1 - light) * 2.4))[..., None]
    return Image.fromarray((np.clip(a, 0, 1) * 255 + 0.5).astype(np.uint8))


def sunset(rng):
    horizon, sun = 0.58, (0.62, 0.47)
    sky = ramp(V / horizon, (0.0, "1d2a52"), (0.35, "5b3f72"), (0.6, "c2566a"),
               (0.82, "f39a5b"), (1.0, "ffd68a"))
    distance = np.hypot((U - sun[0]) * 1.33, V - sun[1])
    sky += np.exp(-distance * 7)[..., None] * rgb("ff9a50") * 0.7
    clouds = fractal(rng, 5, 7, stretch=3.2)
    cover = smooth(clouds, 0.08, 0.75) * smooth(V, -0.2, 0.15)
    lit = smooth(clouds - warp(clouds, 9, 14), -0.15, 0.25)
    colour = rgb("4a3560") * (1 - lit[..., None]) + \
        lit[..., None] * ramp(V / horizon, (0.0, "c98aa0"), (1.0, "ffb46e"))
    picture = over(sky, colour, cover * 0.85)
    picture = over(picture, rgb("fff3cf"), smooth(-distance, -0.062, -0.055))
    depth = np.clip((V - horizon) / (1 - horizon), 0, 1)
    mirror = picture[np.clip((2 * horizon * HEIGHT - Y).astype(int), 0,
                             HEIGHT - 1), X.astype(int)]
    rows = np.clip(1 / (depth + 0.03), 0, 34)
    phase = grid_noise(rng, 6, 5) * 16 + rows * 9
    wave = np.sin(phase + X * 0.012 * (0.4 + depth)) * 0.5 + \
        fractal(rng, 34, 5, stretch=7) * 0.9
    sea = mirror * 0.62 * (0.72 + 0.28 * wave[..., None]) + \
        rgb("101c38") * 0.34
    path = np.exp(-((U - sun[0]) / (0.035 + depth * 0.13)) ** 2)
    glint = smooth(wave, 0.15, 0.9) * path
    sea = sea + glint[..., None] * rgb("ffd79a") * 0.95
    picture = over(picture, sea, smooth(V, horizon, horizon + 0.002))
    line = ridge(rng, horizon + 0.01, 0.05, 3) + \
        smooth(np.abs(np.arange(WIDTH) / WIDTH - 0.17), 0.05, 0.26) * 0.12
    island = below_line(line) * smooth(-V, -horizon - 0.004, -horizon)
    return over(picture, rgb("2b2140"), island), 0.016


def fog(rng):
    picture = ramp(V, (0.0, "b7c9d6"), (0.4, "e7e2d6"), (1.0, "f2e6cf"))
    glow = np.exp(-np.hypot((U - 0.3) * 1.3, V - 0.22) * 4)
    picture += glow[..., None] * rgb("ffe2b0") * 0.35
    layers = 7
    for i in range(layers):
        near = i / (layers - 1)
        line = ridge(rng, 0.36 + 0.55 * near ** 1.1, 0.16 + 0.07 * near,
                     2.2 + near, 8, 0.48)
        if near > 0.45:
            line -= conifers(rng, 0.018 + 0.05 * (near - 0.45))
        colour = over(np.broadcast_to(rgb("e4ded2"), (HEIGHT, WIDTH, 3)),
                      rgb("24383a"), np.full((HEIGHT, WIDTH), near ** 1.25))
        mist = np.exp(-np.clip(V - line[None], 0, 1) * (9 - 3 * near))
        shade = fractal(rng, 9 + 22 * near, 5) * 0.07 * near
        hill = colour + shade[..., None]
        hill = over(hill, rgb("ece5d8"), (1 - mist) * (0.72 - 0.62 * near))
        picture = over(picture, hill, below_line(line, 0.0016))
    return picture, 0.018


def conifers(rng, height):
    """Tree tops along a skyline: how far each column rises above it."""
    rise = np.zeros(WIDTH, np.float32)
    columns = np.arange(WIDTH)
    for _ in range(int(9 / height ** 0.75)):
        centre, tall = rng.rand() * WIDTH, height * (0.45 + 0.75 * rng.rand())
        reach = np.abs(columns - centre) / (tall * HEIGHT * 0.24)
        steps = np.floor(reach * 6) / 6 * 0.6 + reach * 0.4
        rise = np.maximum(rise, tall * np.clip(1 - steps, 0, 1))
    return rise


def forest(rng):
    picture = ramp(V, (0.0, "dfe9b4"), (0.45, "b9cf8e"), (0.75, "7f9a5a"),
                   (1.0, "3d4f2a"))
    leaves = fractal(rng, 26, 6)
    picture = over(picture, rgb("8fb04e"),
                   smooth(leaves - (V - 0.35) * 2.2, 0.0, 0.7) * 0.7)
    for depth in range(6):
        near = depth / 5
        count = int(22 - 15 * near)
        for _ in range(count):
            picture = trunk(picture, rng, near)
        picture = over(picture, rgb("dbe7b5"),
                       np.full(V.shape, 0.16 * (1 - near)) *
                       smooth(-V, -0.95, -0.4))
    ground = fractal(rng, 70, 5, stretch=2.2, gain=0.8)
    floor = ramp(ground * 0.6 + 0.5, (0.1, "2a3014"), (0.4, "6b5a2a"),
                 (0.62, "a07e3a"), (0.85, "9fb052"))
    line = 0.80 + 0.03 * fractal(rng, 5, 4, shape=(8, WIDTH))[4]
    picture = over(picture, floor * (0.75 + 1.2 * (1 - V[..., None])),
                   smooth(V, line[None] - 0.03, line[None] + 0.05))
    angle = np.arctan2(V + 0.25, U - 0.68)
    rays = np.interp(angle, np.linspace(0, np.pi, 160),
                     np.clip(rng.rand(160) - 0.45, 0, 1) * 2)
    rays = blur(rays.astype(np.float32), 7) * smooth(-V, -0.95, -0.1)
    picture = 1 - (1 - np.clip(picture, 0, 1)) * \
        (1 - rays[..., None] * rgb("fff3c0") * 0.42)
    return picture, 0.022


def trunk(picture, rng, near):
    wide = (4 + 40 * near ** 1.6) * (0.6 + 0.7 * rng.rand())
    lean = rng.normal(0, 0.035)
    knots = np.linspace(0, HEIGHT, 6)
    bend = blur_line(np.interp(np.arange(HEIGHT), knots,
                               rng.normal(0, wide * 0.22, 6)), 60)
    centre = rng.rand() * (WIDTH + 120) - 60 + lean * (HEIGHT - Y) + bend[:, None]
    half = wide * 0.5 * (1 + 0.9 * smooth(V, 0.72 + 0.12 * near, 1.0))
    across = (X - centre) / half
    body = smooth(-np.abs(across), -1.0, -1.0 + 3 / wide)
    foot = smooth(-V, -(0.80 + 0.17 * near), -(0.78 + 0.17 * near))
    bark = grid_noise(rng, 10, 60 + 60 * near) + grid_noise(rng, 40, 130)
    light = 0.5 + 0.45 * across + 0.35 * bark
    base = rgb("cdd8a4") * (1 - near) + rgb("1d1a12") * near
    colour = base + (light[..., None] - 0.5) * rgb("8a7a58") * (0.1 + 0.5 * near)
    return over(picture, colour, body * foot)


def city(rng):
    shore = 0.70
    picture = ramp(V / shore, (0.0, "070b1e"), (0.5, "142046"),
                   (0.85, "4b3a6a"), (1.0, "a8607a"))
    stars = (rng.rand(HEIGHT, WIDTH) > 0.9994) * smooth(-V, -0.4, 0.0)
    picture = picture + blur(stars.astype(np.float32), 0.8)[..., None] * 3
    lights = np.zeros_like(picture)
    for layer, tint in enumerate(("3f3a63", "211f40", "0d0f22")):
        x = -20
        while x < WIDTH:
            wide = int(rng.randint(34, 88))
            tall = rng.beta(2, 3.2) * (0.50 - 0.09 * layer) + 0.06
            picture, lights = tower(picture, lights, rng, layer, rgb(tint),
                                    (x, wide, shore - tall, shore))
            x += wide + int(rng.randint(-6, 12))
    picture = picture + blur(lights, 9) * 1.5 + lights * 1.2
    row = np.clip((2 * shore * HEIGHT - Y).astype(int), 0, HEIGHT - 1)
    ripple = fractal(rng, 46, 4, stretch=9) * (6 + 60 * np.clip(V - shore, 0, 1))
    column = np.clip(X + ripple, 0, WIDTH - 1).astype(int)
    smear = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    smear = smear.resize((WIDTH, 60), Image.BOX).resize((WIDTH, HEIGHT),
                                                       Image.BICUBIC)
    mixed = 0.45 * picture + 0.55 * np.asarray(smear) / np.float32(255)
    water = mixed[row, column] * 0.72 * (1 + 0.25 * ripple[..., None] / 12)
    water = water * rgb("b8c4ff") + rgb("060a18")
    return over(picture, water, smooth(V, shore, shore + 0.002)), 0.02


def tower(picture, lights, rng, layer, tint, box):
    x, wide, top, bottom = box
    x0, x1 = max(0, x), min(WIDTH, x + wide)
    y0, y1 = int(top * HEIGHT), int(bottom * HEIGHT)
    if x1 <= x0:
        return picture, lights
    picture[y0:y1, x0:x1] = tint * (1 + 0.25 * (V[y0:y1, x0:x1, None] - top))
    if rng.rand() < 0.3:
        spike = (x0 + x1) // 2
        picture[max(0, y0 - 34):y0, spike:spike + 2] = tint
        lights[max(0, y0 - 36):max(0, y0 - 32), spike - 1:spike + 3] = \
            rgb("ff4030")
    step_y, step_x = 9, 7
    warm = [rgb(c) for c in ("ffd48a", "ffe9c0", "ffb45c", "bfd8ff")]
    share = 0.2 + 0.4 * rng.rand()
    for y in range(y0 + 5, y1 - 5, step_y):
        for column in range(x0 + 4, x1 - 6, step_x):
            if rng.rand() < share:
                colour = warm[rng.randint(len(warm))]
                level = (0.35 + 0.65 * rng.rand()) * (0.5 + 0.3 * layer)
                lights[y:y + 4, column:column + 3] = colour * level
    return picture, lights


def beach(rng):
    shore = 0.56 + 0.10 * U + 0.045 * np.sin(U * 9 + 0.6) + \
        0.02 * fractal(rng, 7, 5)
    depth = (shore - V)
    sea = ramp(depth, (-0.02, "bfeadd"), (0.05, "7fd8cf"), (0.16, "37b5bd"),
               (0.34, "16859f"), (0.6, "0d5c80"))
    caustic = np.abs(warp(fractal(rng, 18, 4), fractal(rng, 9, 3) * 26,
                          fractal(rng, 9, 3) * 26))
    sea += (smooth(-caustic, -0.16, -0.0) * 0.22 *
            smooth(-depth, -0.42, 0.0))[..., None]
    rocks = smooth(fractal(rng, 6, 6), 0.42, 0.8) * smooth(depth, 0.10, 0.24)
    sea = over(sea, rgb("125a63"), rocks * 0.65)
    grain = fractal(rng, 90, 5, gain=0.8)
    dune = fractal(rng, 7, 5, stretch=1.6)
    sand = ramp(0.5 + 0.16 * grain + 0.22 * dune, (0.1, "c39a68"),
                (0.45, "e6c893"), (0.9, "fbe9c3"))
    wet = smooth(depth, -0.085, -0.02)
    sand = over(sand, sand * rgb("b59a7c"), wet * 0.8)
    picture = over(sand, sea, smooth(depth, -0.004, 0.012))
    for offset, width, strength in ((0.0, 0.012, 1.0), (0.05, 0.018, 0.75),
                                    (0.125, 0.02, 0.5)):
        edge = depth - offset + 0.014 * fractal(rng, 14, 5)
        lace = smooth(fractal(rng, 46, 4), -0.5, 0.25)
        foam = np.exp(-(edge / width) ** 2) * (0.35 + 0.65 * lace)
        picture = over(picture, rgb("fbfdfb"), np.clip(foam * strength, 0, 1))
    for colour, x, y in (("d8403c", 0.24, 0.84), ("2f6fb2", 0.47, 0.91),
                         ("f2b632", 0.76, 0.86)):
        picture = parasol(picture, rgb(colour), x, y)
    return picture, 0.016


def parasol(picture, colour, x, y):
    dx, dy = (U - x) * 1.333, V - y
    shadow = np.hypot(dx - 0.035, dy - 0.028)
    picture = over(picture, picture * 0.55,
                   smooth(-shadow, -0.058, -0.046) * 0.8)
    r, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    stripe = (np.floor(angle / (np.pi / 6)) % 2)[..., None]
    cloth = colour * stripe + rgb("fdf6ea") * (1 - stripe)
    light = 1.0 - 2.6 * (dx + dy)
    return over(picture, cloth * np.clip(light, 0.6, 1.1)[..., None],
                smooth(-r, -0.056, -0.053))


def desert(rng):
    picture = ramp(V, (0.0, "3f79b5"), (0.35, "a9c8de"), (0.5, "f0dcc0"))
    haze = fractal(rng, 4, 6, stretch=4)
    picture = over(picture, rgb("fdf3e4"), smooth(haze, 0.25, 0.9) * 0.5)
    for i in range(5):
        near = i / 4
        base = 0.44 + 0.42 * near ** 1.3
        x = np.arange(WIDTH) / WIDTH
        phase = rng.rand() * 7
        line = base - (0.05 + 0.10 * near) * (
            np.abs(np.sin(x * (3.1 - 1.6 * near) + phase)) ** 1.5 - 0.4)
        line += 0.004 * fractal(rng, 6, 5, shape=(8, WIDTH))[4]
        slope = np.gradient(line) * WIDTH
        fall = np.clip(V - line[None], 0, 1)
        crest = x[None] + fall * (0.9 + 0.5 * np.sin(x * 5 + phase))[None]
        lit = np.interp(crest, x, blur_line(slope, 5))
        side = smooth(lit, -0.10, 0.14)
        ripples = np.sin((fall * 160 / (0.35 + near) + X * 0.02 +
                          grid_noise(rng, 8, 8) * 26)) * 0.028 * near
        grain = fractal(rng, 120, 3, gain=0.9) * 0.03
        sand = ramp(side + ripples + grain - fall * 0.35, (0.0, "6d3524"),
                    (0.35, "a85f34"), (0.7, "e09a55"), (1.0, "f8cf8c"))
        sand = over(sand, rgb("ecd3b4"),
                    np.full(V.shape, 0.62 * (1 - near) ** 1.5))
        picture = over(picture, sand, below_line(line, 0.0014))
    return picture, 0.016


def blur_line(line, radius):
    kernel = np.hanning(2 * radius + 3)[1:-1]
    return np.convolve(np.pad(line, radius, "edge"), kernel / kernel.sum(),
                       "valid")


def flower(rng):
    picture = ramp(V + 0.15 * grid_noise(rng, 3, 4), (0.0, "5f8a3c"),
                   (0.5, "2f5a2c"), (1.0, "14301d"))
    for _ in range(46):
        x, y, r = rng.rand(), rng.rand(), 0.02 + 0.075 * rng.rand() ** 2
        d = np.hypot((U - x) * 1.333, V - y) / r
        disc = smooth(-d, -1.0, -0.86) * (0.55 + 0.45 * smooth(d, 0.6, 0.98))
        tint = ramp(np.float32(rng.rand()), (0.0, "d8e7a0"), (0.5, "8fbf5a"),
                    (0.8, "f4d98c"), (1.0, "f0a8b8"))
        picture = over(picture, tint, disc * (0.08 + 0.3 * rng.rand()))
    picture = blur(picture, 3)
    stem = np.abs(U - 0.49 - 0.05 * (V - 0.5) ** 2) * 1.333
    stalk = smooth(-stem, -0.013, -0.011) * smooth(V, 0.5, 0.52)
    picture = over(picture, rgb("3f7a2e") + (0.013 - stem)[..., None] * 9,
                   stalk)
    for ring, count, reach, colours in (
            (0, 13, 0.335, ("7a1748", "d33f7d", "f58db0")),
            (1, 11, 0.265, ("8f1c52", "e2558d", "fba6c2")),
            (2, 8, 0.185, ("9c2259", "ec6d9c", "ffc2d4"))):
        for i in range(count):
            turn = 2 * np.pi * (i + 0.5 * (ring % 2)) / count + \
                rng.normal(0, 0.05)
            picture = petal(picture, rng, turn, reach * (0.93 + 0.12 *
                                                         rng.rand()), colours)
    d = np.hypot((U - 0.49) * 1.333, V - 0.47) / 0.072
    bumps = fractal(rng, 60, 3, gain=0.9)
    heart = ramp(0.62 + 0.35 * bumps - 0.4 * d, (0.0, "6d3a08"),
                 (0.4, "d08a14"), (0.8, "ffe06a"))
    picture = over(picture, picture * 0.5, smooth(-d, -1.5, -0.9) * 0.7)
    return over(picture, heart, smooth(-d + 0.1 * bumps, -1.0, -0.93)), 0.016


def petal(picture, rng, turn, reach, colours):
    dx, dy = (U - 0.49) * 1.333, V - 0.47
    along = (dx * np.cos(turn) + dy * np.sin(turn)) / reach
    across = (-dx * np.sin(turn) + dy * np.cos(turn)) / reach
    bend = 0.10 * rng.normal()
    across = across - bend * along ** 2
    wide = 0.27 * np.sqrt(np.clip(along, 0, 1)) * \
        np.sqrt(np.clip(1.0 - along ** 5, 0, 1)) + 1e-4
    side = across / wide
    body = smooth(-np.abs(side), -1.0, -0.965) * (along > 0) * (along < 1)
    veins = np.sin(side * 26 + along * 3) * 0.05 * along
    light = 0.25 + 0.75 * along - 0.30 * np.abs(side) ** 2 + \
        0.16 * side * np.sign(np.cos(turn)) + veins
    colour = ramp(np.clip(light, 0, 1), (0.0, colours[0]), (0.55, colours[1]),
                  (1.0, colours[2]))
    shadow = blur((body * 0.9).astype(np.float32), 7)
    picture = picture * (1 - 0.30 * shadow[..., None])
    return over(picture, colour, body)


def planet(rng):
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32) + rgb("04050c")
    dust = smooth(fractal(rng, 3, 7), -0.1, 0.9)
    picture += dust[..., None] * ramp(U + V * 0.5, (0.1, "2a1b4a"),
                                      (0.7, "12304a"), (1.4, "4a1f3a")) * 0.8
    stars = (rng.rand(HEIGHT, WIDTH) ** 900).astype(np.float32)
    picture += (blur(stars, 0.7) * 2.2 + stars * 0.3)[..., None]
    centre, radius = (0.44, 0.53), 0.31
    dx, dy = (U - centre[0]) * 1.333, V - centre[1]
    r = np.hypot(dx, dy)
    z = np.sqrt(np.clip(radius ** 2 - r ** 2, 0, 1)) / radius
    nx, ny = dx / radius, dy / radius
    tilt_y = ny * 0.93 - nx * 0.36
    light = np.clip(nx * -0.62 + ny * -0.45 + z * 0.64, 0, 1)
    swirl = fractal(rng, 6, 6, stretch=3)
    bands = np.sin((tilt_y + 0.06 * swirl) * 21) * 0.5 + \
        np.sin((tilt_y + 0.04 * swirl) * 47) * 0.22
    ground = ramp(bands * 0.5 + 0.5 + 0.25 * swirl, (0.0, "8a4a2a"),
                  (0.35, "d09a62"), (0.6, "f2d9ae"), (1.0, "b6683c"))
    ball = ground * (light ** 0.85)[..., None] + \
        (rgb("ff9c60") * (1 - z[..., None]) ** 3 * light[..., None] * 0.5)
    ring_x, ring_y = dx * 0.93 + dy * 0.36, (dy * 0.93 - dx * 0.36) / 0.27
    ring_r = np.hypot(ring_x, ring_y) / radius
    bands = np.interp(ring_r, np.linspace(1.25, 2.1, 90),
                      0.25 + 0.75 * rng.rand(90))
    ring = smooth(ring_r, 1.28, 1.32) * smooth(-ring_r, -2.05, -1.98) * \
        bands * (1 - 0.9 * np.exp(-((ring_r - 1.74) / 0.03) ** 2))
    shadow = smooth(dx * 0.62 + dy * 0.45, 0.05, 0.2) * \
        smooth(-np.abs(dx * 0.45 - dy * 0.62), -radius * 1.02, -radius * 0.95)
    colour = rgb("e9d2b0") * (1 - 0.85 * shadow[..., None])
    behind = (ring_y < 0)
    picture = over(picture, colour, ring * behind * 0.85)
    picture = over(picture, ball, smooth(-r, -radius, -radius + 0.004))
    picture = over(picture, colour, ring * ~behind * 0.85)
    halo = np.exp(-np.clip(r - radius, 0, 1) * 30) * (r > radius) * \
        np.clip(-nx * 0.62 - ny * 0.45 + 0.3, 0, 1)
    return picture + halo[..., None] * rgb("ffb888") * 0.22, 0.014


def fruit(rng):
    table = 0.56
    wall = ramp(V + 0.05 * fractal(rng, 4, 5), (0.0, "38424a"),
                (0.6, "6a7478"))
    wall += np.exp(-np.hypot((U - 0.2) * 1.2, V - 0.15) * 3)[..., None] * \
        rgb("ffe2b8") * 0.35
    wood = fractal(rng, 5, 6, stretch=9) * 0.5 + \
        np.sin((V + 0.03 * fractal(rng, 3, 4)) * 95) * 0.10
    board = ramp(wood + 0.5, (0.0, "4a2a16"), (0.5, "8a5630"), (1.0, "b98250"))
    board *= (0.65 + 0.55 * smooth(-U, -1.0, 0.1))[..., None]
    picture = over(wall, board, smooth(V, table, table + 0.004))
    pieces = [  # x, y, radius, colours dark to light, kind
        (0.70, 0.55, 0.135, ("3a0c10", "a81c22", "e8573f"), "apple"),
        (0.45, 0.52, 0.150, ("6a2a04", "e0780e", "ffb648"), "orange"),
        (0.21, 0.60, 0.128, ("4a5a08", "b4c02a", "eef08a"), "apple"),
        (0.58, 0.70, 0.118, ("7a5a04", "edc21c", "fff2a0"), "lemon"),
        (0.35, 0.74, 0.060, ("1a0a2a", "4a2466", "9a78b8"), "plum"),
        (0.80, 0.76, 0.064, ("200a26", "542a60", "a484b4"), "plum"),
    ]
    for piece in pieces:
        picture = soft_shadow(picture, piece)
    for piece in pieces:
        picture = ball_of_fruit(picture, rng, piece)
    return picture, 0.018


def soft_shadow(picture, piece):
    x, y, radius = piece[:3]
    dx = (U - x) * 1.333 - radius * 0.75
    dy = (V - y - radius * 0.86) * 3.2
    d = np.hypot(dx * 0.72, dy) / radius
    return picture * (1 - 0.72 * smooth(-d, -1.25, -0.15))[..., None]


def ball_of_fruit(picture, rng, piece):
    x, y, radius, colours, kind = piece
    dx, dy = (U - x) * 1.333 / radius, (V - y) / radius
    if kind == "lemon":
        dx, dy = dx * 0.82, dy * 1.12
        dx = dx * (1 - 0.10 * np.exp(-((np.abs(dx) - 1) / 0.2) ** 2))
    if kind == "apple":
        dy = dy + 0.16 * np.exp(-(dx / 0.28) ** 2) * (dy < 0)
    r = np.hypot(dx, dy)
    z = np.sqrt(np.clip(1 - r ** 2, 0, 1))
    bump = {"orange": 0.14, "lemon": 0.10}.get(kind, 0.02)
    rough = fractal(rng, 100, 2, gain=0.9) * bump
    light = np.clip(-0.55 * dx - 0.58 * dy + 0.6 * z + rough, 0, 1)
    streak = fractal(rng, 14, 4) * (0.16 if kind == "apple" else 0.04)
    body = ramp(0.10 + 0.86 * light + streak, (0.0, colours[0]),
                (0.5, colours[1]), (1.0, colours[2]))
    body += (np.clip(dy, 0, 1) * (1 - z) ** 2)[..., None] * rgb("b07a48") * 0.5
    shine = np.exp(-((dx + 0.38) ** 2 + (dy + 0.42) ** 2) / 0.022)
    body += (shine * (0.75 if kind in ("apple", "plum") else 0.35))[..., None]
    picture = over(picture, body, smooth(-r, -1.0, -1.0 + 0.004 / radius))
    if kind == "apple":
        stem = np.abs(dx - 0.06 - 0.3 * (dy + 0.8) ** 2)
        on = smooth(-stem, -0.045, -0.03) * (dy > -1.22) * (dy < -0.72)
        picture = over(picture, rgb("3a2612"), on)
    return picture


def marble(rng):
    qx, qy = fractal(rng, 3, 5), fractal(rng, 3, 5)
    rx = warp(fractal(rng, 4, 6), qx * 150, qy * 150)
    ry = warp(fractal(rng, 4, 6), qy * 150, qx * 150)
    f = warp(fractal(rng, 3, 8), rx * 190, ry * 190)
    veins = smooth(-np.abs(rx), -0.12, 0.0) * 0.5 + \
        smooth(-np.abs(f - 0.1), -0.05, 0.0)
    picture = ramp(f * 0.55 + 0.5 + rx * 0.2, (0.0, "0b2a3c"), (0.3, "1c6a72"),
                   (0.52, "d8e4d4"), (0.72, "e8a86a"), (1.0, "7a2430"))
    return over(picture, rgb("f7e3b0"), np.clip(veins, 0, 1) * 0.45), 0.012


def mountain(rng):
    lake = 0.66
    picture = ramp(V / lake, (0.0, "2f64a8"), (0.6, "8fb8dc"), (1.0, "e8e4dc"))
    clouds = fractal(rng, 4, 7, stretch=2)
    picture = over(picture, rgb("ffffff"), smooth(clouds, 0.15, 0.8) * 0.85)
    for base, height, scale, rock, snow, haze in (
            (0.50, 0.26, 2.4, "5a6478", 0.34, 0.5),
            (0.60, 0.32, 3.1, "3f4450", 0.46, 0.2)):
        line = ridge(rng, base, height, scale, 9, 0.52)
        relief = fractal(rng, 12, 8, gain=0.62)
        steep = relief - warp(relief, -7, 9) + 0.6 * (
            np.gradient(line)[None] * WIDTH * 0.12)
        light = smooth(steep, -0.35, 0.35)
        stone = rgb(rock) * (0.45 + 0.85 * light[..., None])
        white = ramp(light, (0.0, "8fa4c4"), (0.55, "e6ecf4"), (1.0, "ffffff"))
        cover = smooth(snow + 0.18 * relief + 0.10 * light - V, -0.06, 0.05)
        body = over(stone, white, cover)
        body = over(body, rgb("c8d4e4"), np.full(V.shape, haze) *
                    smooth(V, line[None], line[None] + 0.35))
        picture = over(picture, body, below_line(line))
    line = ridge(rng, 0.625, 0.03, 5) - conifers(rng, 0.04)
    picture = over(picture, rgb("1f3226") * (1 + 0.5 * fractal(
        rng, 70, 3)[..., None]), below_line(line))
    row = np.clip((2 * lake * HEIGHT - Y) +
                  fractal(rng, 50, 4, stretch=8) * 90 *
                  np.clip(V - lake, 0, 1), 0, HEIGHT - 1).astype(int)
    water = picture[row, X.astype(int)] * rgb("a8c0cc") * 0.9 + rgb("04141c")
    return over(picture, water, smooth(V, lake, lake + 0.002)), 0.016


def balloons(rng):
    picture = ramp(V, (0.0, "4f8fcf"), (0.6, "bfd9ec"), (0.85, "f6e6c8"))
    clouds = fractal(rng, 4, 7, stretch=1.7)
    shade = smooth(clouds - warp(clouds, 12, 16), -0.3, 0.3)
    picture = over(picture, ramp(shade, (0.0, "b7c2d4"), (1.0, "ffffff")),
                   smooth(clouds, 0.0, 0.7) * 0.9)
    for near in (0.3, 0.7, 1.0):
        line = ridge(rng, 0.84 + 0.1 * near, 0.06, 3)
        field = fractal(rng, 12, 5, stretch=2)
        land = ramp(field * 0.5 + 0.5, (0.2, "4f6a3a"), (0.5, "8fa05a"),
                    (0.8, "cbb878"))
        land = over(land, rgb("cfdbe2"), np.full(V.shape, 0.7 * (1 - near)))
        picture = over(picture, land * (1.1 - 0.25 * near), below_line(line))
    for x, y, radius, colours in (
            (0.80, 0.22, 0.055, ("2f7a6a", "f4efe0")),
            (0.62, 0.50, 0.075, ("5a3f8a", "f0b93a")),
            (0.31, 0.36, 0.200, ("c8322c", "f7c948"))):
        picture = balloon(picture, x, y, radius, [rgb(c) for c in colours])
    return picture, 0.014


def balloon(picture, x, y, radius, colours):
    dx, dy = (U - x) * 1.333 / radius, (V - y) / radius
    taper = np.where(dy > 0, 1 - 0.62 * np.clip(dy / 1.35, 0, 1) ** 1.9, 1.0)
    tall = np.where(dy > 0, 1.35, 1.0)
    r = np.hypot(dx / taper, dy / tall * 0.999)
    side = np.clip(dx / np.maximum(
        taper * np.sqrt(np.clip(1 - (dy / tall) ** 2, 1e-4, 1)), 1e-3), -1, 1)
    gore = np.floor(np.arcsin(side) / np.pi * 12 + 0.5) % 2
    band = (np.abs(dy - 0.12) < 0.2)
    pick = np.where(band, 1 - gore, gore)[..., None]
    cloth = colours[0] * pick + colours[1] * (1 - pick)
    z = np.sqrt(np.clip(1 - np.minimum(r, 1) ** 2, 0, 1))
    light = 0.42 + 0.62 * np.clip(-0.5 * dx - 0.4 * dy + 0.62 * z, 0, 1)
    seam = np.abs((np.arcsin(side) / np.pi * 12 + 0.5) % 1 - 0.5)
    light = light * (0.86 + 0.14 * smooth(-seam, -0.5, -0.42))
    skin = smooth(-r, -1.0, -1.0 + 0.0035 / radius) * (dy < 1.2)
    for rope in (-0.16, 0.16):
        line = np.abs(dx - rope * (1.75 - dy) / 0.55)
        picture = over(picture, rgb("3a2c20"), smooth(-line, -0.02, -0.008) *
                       (dy > 1.15) * (dy < 1.62))
    basket = (np.abs(dx) < 0.13) & (dy > 1.58) & (dy < 1.8)
    picture = over(picture, rgb("6a4424") * (1 - 0.5 * dx[..., None]),
                   basket.astype(np.float32))
    return over(picture, cloth * light[..., None], skin)


SCENES = {
    "balloons": balloons, "beach": beach, "city": city, "desert": desert,
    "flower": flower, "fog": fog, "forest": forest, "fruit": fruit,
    "marble": marble, "mountain": mountain, "planet": planet,
    "sunset": sunset,
}


def draw(name):
    """A scene as a PIL picture of SAVED size."""
    rng = generator(name)
    picture, grain = SCENES[name](rng)
    return finish(picture, rng, grain)
