/* What a file is, by its first bytes: a name for what the browser cannot show.
   Only the server decides what it can embed. */

const HEAD_BYTES = 32;

const MARKS = [
  [4, "ftyphei", "HEIC"], [4, "ftyphev", "HEIC"], [4, "ftypmif1", "HEIF"],
  [4, "ftypmsf1", "HEIF"], [4, "ftypavi", "AVIF"], [4, "ftypcrx", "CR3"],
  [0, "II*\0", "TIFF"], [0, "MM\0*", "TIFF"], [0, "II+\0", "TIFF"],
  [0, "MM\0+", "TIFF"], [0, "IIRO", "ORF"], [0, "IIU\0", "RW2"],
  [0, "FUJIFILM", "RAF"], [0, "\xff\x0a", "JPEG XL"], [4, "JXL \r\n", "JPEG XL"],
  [4, "jP  \r\n", "JPEG 2000"], [0, "\xff\x4f\xff\x51", "JPEG 2000"],
  [0, "8BPS", "PSD"], [0, "\xff\xd8\xff", "JPEG"], [1, "PNG\r\n", "PNG"],
  [0, "\0\0\x01\0", "ICO"], [0, "\0\0\x02\0", "CUR"], [6, "HEAPCCDR", "CRW"],
  [0, "GIF8", "GIF"], [8, "WEBP", "WebP"], [0, "BM", "BMP"],
];

const PNM = /^P[1-6][\s#]/;

/* Raw photographs that begin as a TIFF does. */
const RAW = /\.(dng|cr2|nef|nrw|arw|srf|sr2|pef|srw|iiq|3fr|fff|erf|mef|mos)$/i;

const PICTURE = new RegExp("\\.(jpe?g?|jfif|png|gif|webp|bmp|dib|tiff?|hei[cf]|avif" +
  "|jxl|jp2|j2[kc]|jp[fxc]|psd|ico|cur|p[bgpn]m|cr3|crw|orf|rw2|raf)$", "i");

/** Does a file look like a picture, by its name and what the browser says? */
export const isPicture = (file) => file.type.startsWith("image/") ||
  PICTURE.test(file.name) || RAW.test(file.name);

/** What a file is: {name, isKnown}, with the end of its name where the bytes say
 *  nothing. */
export async function formatOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = String.fromCharCode(...head);
  const mark = MARKS.find(([at, start]) => text.startsWith(start, at));
  const raw = RAW.exec(file.name);
  if (mark && !(raw && mark[2] === "TIFF")) {
    return { name: mark[2], isKnown: true };
  }
  if (PNM.test(text)) {
    return { name: "PNM", isKnown: true };
  }
  const ending = /\.(\w{1,5})$/.exec(file.name);
  return { name: ending ? ending[1].toUpperCase() : "no picture",
    isKnown: Boolean(mark) };
}
