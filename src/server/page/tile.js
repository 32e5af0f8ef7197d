/* A picture in the list: a square with it, its name, and a line about it. Each
   is as large from the beginning as it will ever be. */
import { make, setText } from "/dom.js";
import { improveThumb, thumbOf } from "/thumb.js";

/** A place for a picture: the picture small, or the name of its format. */
export function face(picture) {
  const element = make("span", { class: "face" });
  fillFace(element, picture);
  return element;
}

function improve(element, picture) {
  if (picture.state === "good") {
    improveThumb(picture, () => fillFace(element, picture));
  }
}

function fillFace(element, picture) {
  thumbOf(picture).then(({ url, format }) => {
    element.replaceChildren(url ? make("img", { src: url, alt: "" })
      : make("span", { class: "format" }, format));
  });
}

/* Pictures are made small when somebody looks at them. */
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) {
      seen.unobserve(target);
      fillFace(target, target.picture);
      improve(target, target.picture);
    }
  }
}, { rootMargin: "300px" });

export function makeTile(picture) {
  const empty = make("span", { class: "face" });
  const button = make("button", { class: "thumb", type: "button",
    "aria-pressed": "false", tabindex: "-1", title: picture.name }, empty,
  make("span", { class: "error" }),
  make("span", { class: "name" }, picture.name),
  make("span", { class: "fact" }));
  const tile = make("li", { class: "tile" }, button);
  empty.picture = button.picture = picture;
  seen.observe(empty);
  return tile;
}

export const buttonOf = (tile) => tile.firstElementChild;

export const isOther = (picture, model) => picture.state === "good" &&
  Boolean(model) && picture.model !== model;

/* The one line: what is most worth knowing. */
function factOf(picture, model) {
  if (picture.state !== "good") {
    return picture.state === "bad" ? "error" : "waits";
  }
  if (isOther(picture, model)) {
    return `of ${picture.model}`;
  }
  return picture.best ? `${picture.best.cosine.toFixed(3)} ` +
    picture.best.picture.name : "embedded";
}

/** Show what a picture has become. */
export function fillTile(picture, model) {
  const { tile } = picture;
  tile.dataset.state = isOther(picture, model) ? "other" : picture.state;
  const fact = tile.querySelector(".fact");
  setText(fact, factOf(picture, model));
  setText(tile.querySelector(".error"), picture.error ?? "");
  improve(tile.querySelector(".face"), picture);
  const notes = picture.notes.map((name) => make("b", { class: "note" }, name));
  tile.querySelectorAll(".note").forEach((note) => note.remove());
  fact.before(...notes);
  buttonOf(tile).title = [picture.name, picture.error ?? picture.note ?? ""]
    .join("\n").trim();
}

export function forgetTile(picture) {
  const empty = picture.tile.querySelector(".face");
  seen.unobserve(empty);
  picture.tile.remove();
}
