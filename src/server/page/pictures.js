/* Trying it: pictures in, their places and their nearest ones out. */
import { ask } from "/api.js";
import { byId, make, setText } from "/dom.js";
import { arrange, cosine } from "/likeness.js";

const AT_ONCE = 3; /* requests under way */
const MOST = 200; /* pictures on the map */
const N_NEAR = 8;

const waiting = [];
const pictures = []; /* {name, url, vector, button} that have a vector */
let underWay = 0;
let done = 0;
let failed = 0;
let chosen = null;

/* Float32, little-endian, in base64. */
function decode(text) {
  const raw = atob(text);
  const data = new DataView(new ArrayBuffer(raw.length));
  for (let i = 0; i < raw.length; i++) {
    data.setUint8(i, raw.charCodeAt(i));
  }
  return Float32Array.from({ length: raw.length / 4 },
    (_, i) => data.getFloat32(4 * i, true));
}

async function embed(file) {
  const model = encodeURIComponent(byId("model").value);
  const answer = await ask("/v1/embeddings/image?encoding_format=base64" +
    (model ? `&model=${model}` : ""), {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream" },
  });
  return decode(answer.data[0].embedding);
}

function sayProgress() {
  const left = waiting.length + underWay;
  const bad = failed ? `, ${failed} with an error` : "";
  setText(byId("progress"), left ? `Embedding: ${done} done, ${left} to go` :
    done + failed ? `${done} embedded${bad}` : "");
}

function sayFailure(name, message) {
  failed++;
  byId("failures").append(make("li", {}, `${name}: ${message}`));
}

function add(file, vector) {
  const url = URL.createObjectURL(file);
  const button = make("button", { class: "thumb", type: "button",
    "aria-pressed": "false", tabindex: "-1" },
  make("img", { src: url, alt: file.name }));
  const picture = { name: file.name, url, vector, button };
  button.addEventListener("click", () => choose(picture));
  pictures.push(picture);
  byId("map").append(button);
  byId("results").hidden = false;
  if (!chosen) {
    choose(picture);
  }
  layOut();
}

async function work() {
  while (waiting.length && underWay < AT_ONCE) {
    const file = waiting.shift();
    underWay++;
    sayProgress();
    embed(file).then((vector) => {
      done++;
      add(file, vector);
    }, (error) => sayFailure(file.name, error.message)).finally(() => {
      underWay--;
      sayProgress();
      work();
    });
  }
}

export function take(files) {
  const room = MOST - pictures.length - waiting.length - underWay;
  waiting.push(...[...files].slice(0, Math.max(0, room)));
  if (files.length > room) {
    sayFailure(`${files.length - room} more`, `the map has room for ${MOST}`);
  }
  work();
}

/* The nearest ones first; only of the same model are comparable. */
function nearest(picture) {
  return pictures
    .filter((p) => p !== picture && p.vector.length === picture.vector.length)
    .map((p) => ({ picture: p, cosine: cosine(p.vector, picture.vector) }))
    .sort((a, b) => b.cosine - a.cosine);
}

function choose(picture) {
  chosen = picture;
  for (const p of pictures) {
    p.button.setAttribute("aria-pressed", String(p === picture));
    p.button.tabIndex = p === picture ? 0 : -1;
  }
  showNearest();
}

function showNearest() {
  setText(byId("near-title"), `Nearest to ${chosen.name}`);
  byId("near").replaceChildren(...nearest(chosen).slice(0, N_NEAR).map((n) =>
    make("li", {}, make("img", { src: n.picture.url, alt: "" }),
      make("span", {}, n.picture.name),
      make("output", {}, n.cosine.toFixed(3)))));
}

function showTable() {
  byId("table").tBodies[0].replaceChildren(...pictures.map((picture) => {
    const first = nearest(picture)[0];
    return make("tr", {}, make("th", { scope: "row" }, picture.name),
      make("td", {}, first ? first.picture.name : ""),
      make("td", {}, first ? first.cosine.toFixed(3) : ""));
  }));
}

/* Places are made anew once for all that came in one go. */
let isPlanned = false;

function layOut() {
  if (isPlanned) {
    return;
  }
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    place();
    if (chosen) {
      showNearest();
    }
    showTable();
  });
}

function place() {
  const map = byId("map");
  const box = { width: map.clientWidth, height: map.clientHeight };
  const fits = Math.sqrt(box.width * box.height / (pictures.length + 1)) / 1.6;
  const size = Math.max(28, Math.min(96, fits));
  const dimension = pictures[0]?.vector.length;
  const same = pictures.filter((p) => p.vector.length === dimension);
  const places = same.length ? arrange(same.map((p) => p.vector), box, size)
    : [];
  same.forEach((picture, i) => {
    const style = picture.button.style;
    style.width = style.height = `${size}px`;
    style.transform = `translate(${places[i].x}px, ${places[i].y}px)`;
    picture.at = places[i];
  });
}

/* The next picture in a direction: the nearest of those that lie more that way
   than to its sides. */
function neighbour(dx, dy) {
  const far = (p) => {
    const x = p.at.x - chosen.at.x;
    const y = p.at.y - chosen.at.y;
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    return along > 0 ? along + 2 * across : Infinity;
  };
  const others = pictures.filter((p) => p !== chosen && p.at);
  const best = others.sort((a, b) => far(a) - far(b))[0];
  return best && far(best) < Infinity ? best : null;
}

function remove(picture) {
  URL.revokeObjectURL(picture.url);
  picture.button.remove();
  pictures.splice(pictures.indexOf(picture), 1);
}

function drop(some) {
  some.forEach(remove);
  chosen = null;
  byId("results").hidden = pictures.length === 0;
  if (pictures.length) {
    choose(pictures[0]);
    layOut();
  }
}

const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
  ArrowDown: [0, 1] };

function listen() {
  const zone = byId("drop");
  byId("files").addEventListener("change", (event) => {
    take(event.target.files);
    event.target.value = "";
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", kind.startsWith("drage") ||
        kind === "dragover");
      if (kind === "drop" && event.dataTransfer) {
        take(event.dataTransfer.files);
      }
    });
  }
  document.addEventListener("paste", (event) => {
    take(event.clipboardData?.files ?? []);
  });
  byId("map").addEventListener("keydown", (event) => {
    const next = arrows[event.key] && neighbour(...arrows[event.key]);
    if (next) {
      event.preventDefault();
      choose(next);
      next.button.focus();
    }
  });
  byId("clear").addEventListener("click", () => {
    done = failed = 0;
    byId("failures").replaceChildren();
    drop([...pictures]);
    sayProgress();
  });
  byId("remove").addEventListener("click", () => drop([chosen]));
  new ResizeObserver(() => pictures.length && layOut()).observe(byId("map"));
}

/** Models to choose from; a choice only where there is one. */
export function offerModels(models) {
  const select = byId("model");
  if (select.options.length !== models.length) {
    select.replaceChildren(...models.map((m) =>
      make("option", { value: m.id }, m.id)));
    byId("model-choice").hidden = models.length < 2;
  }
}

listen();
