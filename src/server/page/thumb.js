/* Small copies of pictures. Only they are kept: thousands of photographs as
   they are would take the browser's memory. */
import { formatOf } from "/format.js";

const SIDE = 192;
const AT_ONCE = 2;

let underWay = 0;
const waiting = [];

/* The middle of a picture, as a square. */
async function drawSmall(file) {
  const bitmap = await createImageBitmap(file);
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (bitmap.width - side) / 2,
    (bitmap.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
}

async function shrink(file) {
  try {
    return { url: URL.createObjectURL(await drawSmall(file)), format: null };
  } catch {
    /* The browser does not show it. */
    return { url: null, format: await formatOf(file).catch(() => "") };
  }
}

function next() {
  while (waiting.length && underWay < AT_ONCE) {
    const { file, resolve } = waiting.shift();
    underWay++;
    shrink(file).then(resolve).finally(() => {
      underWay--;
      next();
    });
  }
}

/** The picture small, {url}, or the name of what the browser cannot show,
 *  {format}. Made when first asked for. */
export function thumbOf(picture) {
  picture.thumb ??= new Promise((resolve) => {
    waiting.push({ file: picture.file, resolve });
    next();
  });
  return picture.thumb;
}

/** It is not needed any more. */
export function dropThumb(picture) {
  picture.thumb?.then(({ url }) => url && URL.revokeObjectURL(url));
}
