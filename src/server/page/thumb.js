/* Small copies of pictures. Only they are kept: thousands of photographs as
   they are would take the browser's memory. */
import { formatOf } from "/format.js";
import { shotOf } from "/shots.js";

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
    const { name, isKnown } = await formatOf(file)
      .catch(() => ({ name: "", isKnown: false }));
    return { url: null, format: name, isKnown };
  }
}

/* The server draws what it can decode. */
async function askSmall(file) {
  const blob = await shotOf("/v1/thumbnail", null, { method: "POST",
    body: file, headers: { "Content-Type": "application/octet-stream" } });
  return blob && { url: URL.createObjectURL(blob), format: null };
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

/** What the browser cannot show is drawn by the server, once that has decoded it.
 *  then() is called where there is another thumbnail. */
export function improveThumb(picture, then) {
  if (!picture.thumb || picture.isImproved) {
    return; /* nobody has looked yet */
  }
  picture.isImproved = true;
  picture.thumb = picture.thumb.then(async (small) => {
    const better = small.isKnown ? await askSmall(picture.file) : null;
    if (better) {
      then();
    }
    return better ?? small;
  });
}

/** It is not needed any more. */
export function dropThumb(picture) {
  picture.thumb?.then(({ url }) => url && URL.revokeObjectURL(url));
}
