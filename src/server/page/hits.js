/* Pictures of an index as they are shown: each is a button that asks for more like
   it. Thumbnails come when somebody looks. */
import { make } from "/dom.js";
import { shotOf } from "/shots.js";

/** The address of a picture of an index, or of its thumbnail. */
export const itemPath = (index, id, rest = "") =>
  `/v1/indexes/${encodeURIComponent(index)}/items/${encodeURIComponent(id)}${rest}`;

async function fill(face) {
  const { picture, index, signal } = face.shot;
  const blob = await shotOf(itemPath(index, picture.id, "/thumbnail"), signal);
  if (signal.aborted) {
    return;
  }
  if (blob) {
    const image = make("img", { alt: "" });
    image.src = URL.createObjectURL(blob);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src),
      { once: true });
    face.replaceChildren(image);
  } else {
    face.replaceChildren(make("span", { class: "format" },
      (picture.format || "no picture").toUpperCase()));
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) {
      seen.unobserve(target);
      fill(target);
    }
  }
}, { rootMargin: "200px" });

const lastOf = (path) => path.split("/").at(-1);

/** What a picture is called: its file's name where that is told, the id that it
 *  was added under, or when it was taken. */
export function nameOf(picture) {
  const [path] = picture.paths ?? [];
  return path ? lastOf(path) : picture.ids[0] ?? picture.date;
}

const size = ({ width_px: width, height_px: height }) =>
  (width ? `${width} \u00d7 ${height}` : "");

/* Everything there is to know, a line each. */
const detailsOf = (picture) => [...picture.paths ?? [], ...picture.ids,
  picture.date, size(picture)].filter(Boolean).join("\n");

/**
 * A picture in a list.
 *
 * @param tags  short words about it ("best").
 * @param signal  ends what is under way for it.
 */
export function makeHit(picture, index, signal, tags = []) {
  const face = make("span", { class: "face" });
  const name = nameOf(picture);
  const shown = picture.files > 1 ? [...tags, `${picture.files} files`] : tags;
  const fact = [picture.score?.toFixed(3), size(picture)].filter(Boolean)
    .join("  ");
  const button = make("button", { class: "thumb", type: "button",
    tabindex: "-1", title: detailsOf(picture),
    "aria-label": [`More like this: ${name}`, fact, ...shown].join(", ") },
  face, ...shown.map((tag) => make("b", { class: "note" }, tag)),
  make("span", { class: "name" }, name),
  make("span", { class: "fact" }, fact),
  make("span", { class: "like" }, "More like this"));
  button.picture = picture;
  face.shot = { picture, index, signal };
  seen.observe(face);
  return make("li", { class: "hit" }, button);
}

export function forgetHits(list) {
  list.querySelectorAll(".face").forEach((face) => seen.unobserve(face));
  list.replaceChildren();
}
