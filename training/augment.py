"""Change a picture the way people do before they post it again.

A view is what the model sees of a changed picture: RGB, side x side bytes.
Every kind of change that the score asks about is here, over a wider range than
the score's, and some that it does not ask about.
"""
import io
import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps


def turn_and_crop(picture, rng, side, least):
    """Rotate a little, keep `least` of each edge or more, squash, mirror."""
    if least < 0.9 and rng.random() < 0.25:
        picture = picture.rotate(rng.uniform(-14, 14), Image.BILINEAR)
    w, h = picture.size
    keep = rng.uniform(least, 1)
    wide = min(1, keep * math.exp(rng.gauss(0, 0.06)))
    high = min(1, keep * math.exp(rng.gauss(0, 0.06)))
    x, y = rng.uniform(0, w * (1 - wide)), rng.uniform(0, h * (1 - high))
    box = (x, y, x + w * wide, y + h * high)
    if rng.random() < 0.15:
        small = int(side * rng.uniform(0.4, 0.9))
        picture = picture.resize((small, small), Image.BILINEAR, box)
        box = None
    picture = picture.resize((side, side), Image.BICUBIC, box)
    return ImageOps.mirror(picture) if rng.random() < 0.5 else picture


def colour(rng):
    return tuple(rng.choice([rng.randint(0, 40), rng.randint(0, 255),
                             rng.randint(220, 255)]) for _ in range(3))


def grey_level(rng):
    return (rng.choice([rng.randint(0, 40), rng.randint(0, 255), 255]),) * 3


def overlay(picture, rng):
    """A row of bars, letters, a sticker, or a caption's band."""
    side = picture.size[0]
    draw = ImageDraw.Draw(picture)
    fill = grey_level(rng) if rng.random() < 0.7 else colour(rng)
    high = side * rng.uniform(0.03, 0.12)
    y = rng.uniform(0, side - high)
    kind = rng.random()
    if kind < 0.4:
        step = side * rng.uniform(0.05, 0.14)
        for i in range(int(side / step) + 1):
            draw.rectangle((i * step, y, i * step + step * 0.5, y + high),
                           fill=fill)
    elif kind < 0.65:
        x, end = rng.uniform(0, side / 2), rng.uniform(side / 2, side)
        while x < end:
            draw.line([(x + rng.uniform(0, high * 0.6),
                        y + rng.uniform(0, high)) for _ in range(4)],
                      fill=fill, width=1 + int(high / 8))
            x += high * 0.8
    elif kind < 0.85:
        x, wide = rng.uniform(0, side * 0.8), side * rng.uniform(0.08, 0.3)
        draw.rectangle((x, y, x + wide, y + wide * rng.uniform(0.4, 1)),
                       fill=fill)
    else:
        y = rng.choice([0, side - 2 * high])
        draw.rectangle((0, y, side, y + 2 * high), fill=fill)
    return picture


def border(picture, rng):
    """A frame of one colour; even, of two widths, or bars on two sides."""
    side = picture.size[0]
    share = rng.uniform(0.02, 0.18)
    x = y = int(side * share)
    kind = rng.random()
    if kind < 0.3:
        x, y = rng.choice([(0, y), (x, 0)])
    elif kind < 0.6:
        y = int(side * rng.uniform(0.02, 0.18))
    fill = grey_level(rng) if rng.random() < 0.75 else colour(rng)
    framed = Image.new("RGB", (side, side), fill)
    framed.paste(picture.resize((side - 2 * x, side - 2 * y), Image.BILINEAR),
                 (x, y))
    return framed


def recolour(picture, rng):
    """Brightness, contrast, warmth, gamma, saturation; sometimes grey."""
    kind = rng.random()
    if kind < 0.4:
        picture = picture.convert("L").convert("RGB")
    elif kind < 0.6:
        grey = picture.convert("L").convert("RGB")
        picture = Image.blend(grey, picture, rng.uniform(0, 1.6))
    values = np.arange(256, dtype=np.float32)
    if rng.random() < 0.3:
        values = 255 * (values / 255) ** math.exp(rng.gauss(0, 0.35))
    contrast = math.exp(rng.uniform(-0.9, 0.4))
    middle = rng.uniform(80, 170)
    gain = math.exp(rng.uniform(-0.5, 0.5))
    tint = rng.choice([0, 0.1, 0.2])
    table = [((values - middle) * contrast + middle) * gain
             * math.exp(rng.gauss(0, tint)) for _ in range(3)]
    table = np.clip(np.concatenate(table), 0, 255).astype(np.uint8)
    return picture.point(table.tolist())


def compress(picture, rng):
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=rng.randint(25, 90))
    return Image.open(data).convert("RGB")


def view(picture, rng, side, gentle=False):
    """One changed picture as (side, side, 3) bytes; gentle: hardly changed."""
    if gentle:
        picture = picture.resize((side, side), Image.BICUBIC)
        if rng.random() < 0.5:
            picture = compress(picture, rng)
        return np.asarray(picture)
    least = rng.choice([0.5, 0.5, 0.7, 1.0])
    picture = turn_and_crop(picture, rng, side, least)
    if rng.random() < 0.3:
        picture = overlay(picture, rng)
    if rng.random() < 0.3:
        picture = border(picture, rng)
    if rng.random() < 0.75:
        picture = recolour(picture, rng)
    if rng.random() < 0.2:
        picture = picture.filter(
            ImageFilter.GaussianBlur(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.1:
        picture = ImageChops.add(
            picture, Image.effect_noise(picture.size, rng.uniform(5, 30))
            .convert("RGB"), 1, -128)
    if rng.random() < 0.4:
        picture = compress(picture, rng)
    return np.asarray(picture)
