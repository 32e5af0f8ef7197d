#!/usr/bin/python3
"""Draw the pictures of samples/:  scripts/draw_samples.py [OUT]

scenes/   what the demo indexes: each scene and changed copies of it
formats/  small pictures in every format, colour type and orientation

Needs Debian's python3-numpy, python3-pil, libheif-examples (heif-enc),
libjpeg-turbo-progs (cjpeg), libjxl-tools (cjxl) and libtiff-tools (tiffcp). Nothing is random that
is not seeded: the same packages give the same files.
"""
import io
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageCms, ImageEnhance, ImageOps

import encoders
import scenes

SMALL = (120, 90)
ODD = (97, 61)
ORIENTATION = 0x0112
# Saved orientation -> what has to be done to the upright picture first, so
# that a reader who honours the tag sees it upright again.
TURNS = {
    1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180,
    4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_90,
    7: Image.TRANSVERSE, 8: Image.ROTATE_270,
}


def crop(image, share, dx, dy):
    width, height = image.size
    w, h = int(width * share), int(height * share)
    x, y = int((width - w) * dx), int((height - h) * dy)
    return image.crop((x, y, x + w, y + h))


def draw_scenes(out):
    """Each scene, and two of four changes to it, turn about."""
    small = lambda im: im.resize((320, 240), Image.LANCZOS)
    changes = {
        "crop": lambda im: (crop(im, 0.8, 0.3, 0.7), 85),
        "bright": lambda im: (small(ImageEnhance.Brightness(im).enhance(1.35)),
                              85),
        "small": lambda im: (small(im), 30),
        "mirror": lambda im: (small(ImageOps.mirror(im)), 80),
    }
    names = list(changes)
    drawn = {}
    for i, name in enumerate(sorted(scenes.SCENES)):
        image = drawn[name] = scenes.draw(name)
        image.save(os.path.join(out, name + ".jpg"), quality=82, optimize=True)
        for k in (i, i + 1):
            change = names[k % len(names)]
            changed, quality = changes[change](image)
            changed.save(os.path.join(out, f"{name}_{change}.jpg"),
                         quality=quality, optimize=True)
    return drawn


def alpha(size):
    """A soft disc."""
    y, x = np.mgrid[0:size[1], 0:size[0]]
    r = np.hypot((x - size[0] / 2) / size[0], (y - size[1] / 2) / size[1])
    return Image.fromarray(np.uint8(np.clip((0.5 - r) * 5, 0, 1) * 255), "L")


def with_alpha(image):
    image = image.copy()
    image.putalpha(alpha(image.size))
    return image


def exif(orientation):
    data = Image.Exif()
    data[ORIENTATION] = orientation
    return data.tobytes()


def turned(image, orientation):
    """As a camera would store it that then writes this orientation."""
    turn = TURNS[orientation]
    return image if turn is None else image.transpose(turn)


def save_ycck(path, image):
    """Four components, the colours as luma and chroma (Adobe transform 2).

    Pillow writes no such file, so it gets the planes that one holds, inverted
    as it inverts CMYK, and the Adobe segment is corrected afterwards.
    """
    ink = 255 - np.asarray(image)
    black = ink.min(axis=2) // 2
    under = black[..., None].astype(np.uint16)
    colours = np.uint8((ink - under) * 255 // (255 - under))
    ycc = np.asarray(Image.fromarray(colours).convert("YCbCr"))
    planes = np.dstack([255 - ycc, black])
    data = io.BytesIO()
    Image.fromarray(planes, "CMYK").save(data, "JPEG", quality=80)
    adobe = bytearray(data.getvalue())
    adobe[adobe.index(b"Adobe") + 11] = 2
    with open(path, "wb") as file:
        file.write(adobe)


def draw_jpeg(out, image, odd):
    save = lambda name, im, **how: im.save(out(name), **{"quality": 80, **how})
    save("baseline.jpg", image)
    save("baseline_444.jpg", image, subsampling="4:4:4")
    save("baseline_422.jpg", image, subsampling="4:2:2")
    save("progressive.jpg", image, progressive=True)
    save("grey.jpg", image.convert("L"))
    save("cmyk.jpg", image.convert("CMYK"))
    save_ycck(out("ycck.jpg"), image)
    for orientation in TURNS:
        save(f"orientation_{orientation}.jpg", turned(odd, orientation),
             exif=exif(orientation))
    with tempfile.NamedTemporaryFile(suffix=".ppm") as ppm:
        image.save(ppm.name)
        subprocess.run(["cjpeg", "-quality", "80", "-restart", "1", "-outfile",
                        out("restart.jpg"), ppm.name], check=True)


def draw_png(out, image):
    a = np.asarray(image)
    grey = np.asarray(image.convert("L"))[..., None]
    y, x = np.mgrid[0:a.shape[0], 0:a.shape[1]]
    fine = ((x * 7 + y * 13) % 256).astype(np.uint16)[..., None]
    image.save(out("rgb.png"), optimize=True)
    with_alpha(image).save(out("rgba.png"), optimize=True)
    image.convert("L").save(out("grey.png"), optimize=True)
    image.convert("1").save(out("bilevel.png"), optimize=True)
    with_alpha(image).convert("LA").save(out("grey_alpha.png"), optimize=True)
    palette = image.quantize(64)
    palette.save(out("palette.png"), optimize=True)
    palette.save(out("palette_trns.png"), transparency=3, optimize=True)
    image.quantize(14).save(out("palette4.png"), bits=4)
    turned(image, 6).save(out("orientation_6.png"), exif=exif(6))
    encoders.write_png(out("grey2.png"), grey >> 6, 2)
    encoders.write_png(out("grey4.png"), grey >> 4, 4)
    deep = grey.astype(np.uint16) << 8 | fine
    encoders.write_png(out("grey16.png"), deep, 16)
    encoders.write_png(out("rgb16.png"), a.astype(np.uint16) << 8 | fine, 16)
    encoders.write_png(out("interlaced.png"), a, 8, True)
    encoders.write_png(out("interlaced_grey16.png"), deep, 16, True)
    encoders.write_png(out("grey_trns.png"), grey, 8,
                       extra=[(b"tRNS", b"\0\x80")])
    encoders.write_png(out("rgb_trns.png"), a, 8,
                       extra=[(b"tRNS", b"\0\x10\0\x20\0\x30")])


def draw_webp(out, image, frames):
    image.save(out("lossy.webp"), quality=75)
    image.save(out("lossless.webp"), lossless=True)
    with_alpha(image).save(out("alpha.webp"), quality=75)
    turned(image, 8).save(out("orientation_8.webp"), quality=75, exif=exif(8))
    frames[0].save(out("animated.webp"), save_all=True, quality=70,
                   append_images=frames[1:], duration=120)


def draw_gif(out, image, frames):
    flat = [f.quantize(128) for f in frames]
    flat[0].save(out("still.gif"), interlace=0)
    flat[0].save(out("interlaced.gif"), interlace=1)
    flat[0].save(out("animated.gif"), save_all=True, append_images=flat[1:],
                 duration=120, loop=0)
    image.quantize(32).save(out("transparent.gif"), transparency=5)
    encoders.write_gif_long_codes(out("long_codes.gif"), flat[0])


def draw_tiff(out, image):
    for name, how in (("none", None), ("lzw", "tiff_lzw"),
                      ("deflate", "tiff_adobe_deflate"),
                      ("packbits", "packbits"), ("jpeg", "jpeg")):
        image.save(out(name + ".tif"), compression=how)
    image.convert("1").save(out("g4.tif"), compression="group4")
    image.convert("L").save(out("grey.tif"), compression="tiff_lzw")
    image.convert("CMYK").save(out("cmyk.tif"), compression="tiff_lzw")
    image.quantize(64).save(out("palette.tif"), compression="tiff_lzw")
    turned(image, 3).save(out("orientation_3.tif"), compression="tiff_lzw",
                          tiffinfo={ORIENTATION: 3})
    turned(image, 6).save(out("orientation_6.tif"), compression="jpeg",
                          tiffinfo={ORIENTATION: 6})
    with_alpha(image).save(out("rgba.tif"), compression="tiff_lzw")
    encoders.write_tiff16(out("rgb16.tif"), np.asarray(image).astype(np.uint16)
                          * 257)
    grey = np.asarray(image.convert("L")).astype(np.uint16)
    Image.fromarray(grey * 257).save(out("grey16.tif"))
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"),
                                  ImageCms.createProfile("LAB"), "RGB", "LAB")
    # Without the profile, which has the time in it.
    ImageCms.applyTransform(image, lab).save(
        out("lab.tif"), compression="tiff_lzw", icc_profile=None)
    subprocess.run(["tiffcp", "-c", "lzw", "-t", "-w", "64", "-l", "48",
                    out("none.tif"), out("tiled.tif")], check=True)


def draw_bmp(out, image):
    image.save(out("rgb.bmp"))
    image.quantize(64).save(out("palette.bmp"))
    image.convert("1").save(out("bilevel.bmp"))
    encoders.write_bmp_rle8(out("rle.bmp"), image.quantize(24))
    encoders.write_bmp_4444(out("4444.bmp"), image)


def draw_pnm(out, image):
    image.save(out("rgb.ppm"))
    image.convert("1").save(out("bilevel.pbm"))
    grey = np.asarray(image.convert("L")).astype(int)
    encoders.write_pgm_text(out("grey_text.pgm"), grey * 31 // 255, 31)


def draw_ico(out, image):
    icon = with_alpha(crop(image, 0.7, 0.5, 0.5).resize((64, 64)))
    icon.save(out("bmp.ico"), sizes=[(16, 16), (48, 48)], bitmap_format="bmp")
    icon.save(out("png.ico"), sizes=[(16, 16), (64, 64)])


def draw_jpeg2000(out, image):
    image.save(out("lossless.jp2"))
    image.save(out("lossy.j2k"), irreversible=True, quality_layers=[20],
               num_resolutions=4)
    with_alpha(image).save(out("alpha.jp2"), tile_size=(64, 64))


def draw_jpegxl(out, image):
    with tempfile.TemporaryDirectory() as folder:
        png = os.path.join(folder, "image.png")
        image.save(png)
        photo = os.path.join(folder, "image.jpg")
        turned(image, 6).save(photo, quality=90, exif=exif(6))
        for name, source, how in (
                ("lossless.jxl", png, ["-d", "0"]),
                ("lossy.jxl", png, ["-d", "1"]),
                ("orientation_6.jxl", photo, ["--lossless_jpeg=1"])):
            subprocess.run(["cjxl", source, out(name), "--quiet", *how],
                           check=True, stderr=subprocess.DEVNULL)


def draw_raw(out, image):
    preview = io.BytesIO()
    turned(image, 6).save(preview, "JPEG", quality=80)
    encoders.write_dng(out("preview.dng"), (240, 180), preview.getvalue(), 6)


def draw_heif(out, image):
    with tempfile.NamedTemporaryFile(suffix=".png") as png:
        image.save(png.name)
        for name, how in (("still.heic", []), ("still.avif", ["--avif"])):
            subprocess.run(["heif-enc", "-q", "60", *how, "-o", out(name),
                            png.name], check=True, stdout=subprocess.DEVNULL)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else \
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "samples")
    for folder in ("scenes", "formats"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    drawn = draw_scenes(os.path.join(root, "scenes"))
    out = lambda name: os.path.join(root, "formats", name)
    tiny = {name: image.resize(SMALL, Image.LANCZOS)
            for name, image in drawn.items()}
    frames = [crop(drawn["balloons"], 0.7, i / 3, 0.2).resize(SMALL,
                                                            Image.LANCZOS)
              for i in range(3)]
    draw_jpeg(out, tiny["fruit"], drawn["flower"].resize(ODD, Image.LANCZOS))
    draw_png(out, tiny["balloons"])
    draw_webp(out, tiny["beach"], frames)
    draw_gif(out, tiny["planet"], frames)
    draw_tiff(out, tiny["sunset"])
    draw_bmp(out, tiny["mountain"])
    draw_pnm(out, tiny["marble"])
    draw_ico(out, tiny["city"])
    draw_jpeg2000(out, tiny["desert"])
    draw_jpegxl(out, tiny["fog"])
    draw_raw(out, tiny["forest"])
    draw_heif(out, tiny["flower"])


main()
