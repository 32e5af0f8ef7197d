/* Jobs that nodes work on, as the broker and the markers tell of them. */
import { ask } from "/api.js";
import { byId, make, setText } from "/dom.js";
import { announce, mention } from "/say.js";
import { age, number, timeOfDay } from "/words.js";

const EVERY_MS = 2000;
const MOST_MS = 30000;
const MOST_NODES = 200; /* rows of a table */

const STATES = { going: "going on", complete: "complete",
  failed: "shards failed", idle: "nothing waits" };

let pause_ms = EVERY_MS;
let timer = null;
let isOffered = false;
let last = null; /* when jobs were told */
const open = new Set(); /* names of those whose nodes are shown */

const count = (n) => n.toLocaleString("en");
const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

/* Of all shards, where the output is known; else of those the broker has. */
function progress({ shards, items, images_per_s: rate }) {
  const words = [];
  if (shards.total === null) {
    words.push(`${plural(shards.waiting, "shard")} to be begun`);
  } else {
    words.push(`${count(shards.done)} of ${plural(shards.total, "shard")} done`);
    if (shards.failed) {
      words.push(`${count(shards.failed)} failed`);
    }
  }
  words.push(`${count(shards.handed_out)} handed out`);
  if (rate > 0) {
    words.push(`${number(rate)} images a second`);
    const left = items.total === null ? 0 : items.total - items.done;
    if (left > 0) {
      words.push(`${age(left / rate)} left`);
    }
  }
  return words.join(", ");
}

function fillBar(bar, { shards }, words) {
  bar.hidden = shards.total === null;
  bar.setAttribute("aria-label", words);
  const share = (n) => `${100 * n / (shards.total || 1)}%`;
  const [failed, done] = bar.children;
  /* Done lies over what is decided, so that the rest of that has failed. */
  failed.style.width = share(shards.done + shards.failed);
  done.style.width = share(shards.done);
}

const COLUMNS = ["Node", "Does", "Shards done", "Images", "Bad", "A second",
  "Redelivered", "Heard of"];

function nodeRow({ name, heard_s: heard, report }) {
  const does = report.shards.map((s) => `shard ${s.shard}: ` +
    (s.items ? `${s.done} of ${s.items}` : `${s.done}`)).join("; ");
  const state = report.reason ? `${report.state}: ${report.reason}`
    : report.state;
  return make("tr", {}, make("th", { scope: "row" }, name), ...[
    does ? `${state}, ${does}` : state, count(report.done),
    count(report.items), count(report.errors), number(report.rate),
    count(report.redeliveries), `${age(heard)} ago`,
  ].map((value) => make("td", {}, value)));
}

/* What is asked for one by one: nodes, and shards that have failed. */
function makeDetail(name) {
  const heads = COLUMNS.map((word) => make("th", { scope: "col" }, word));
  return [make("ul"), make("p", { class: "more quiet" }, "Asking for it."),
    make("div", { class: "scroll", tabindex: 0, role: "region", hidden: "",
      "aria-label": `Nodes of ${name}` }, make("table", {},
      make("thead", {}, make("tr", {}, ...heads)), make("tbody")))];
}

function fillDetail(detail, { nodes, failed_shards: lost }) {
  const rows = nodes.slice(0, MOST_NODES).map(nodeRow);
  detail.querySelector("ul").replaceChildren(...lost.map(({ shard, error }) =>
    make("li", { class: "lost" }, `Shard ${shard}: ${error.message}`)));
  detail.querySelector("tbody").replaceChildren(...rows);
  detail.querySelector(".scroll").hidden = rows.length === 0;
  setText(detail.querySelector(".more"), rows.length === 0
    ? "No node has said how it does." : nodes.length > rows.length
      ? `The first ${rows.length} of ${plural(nodes.length, "node")}.` : "");
}

async function showDetail(card, name) {
  try {
    const job = await ask(`/v1/jobs/${encodeURIComponent(name)}`);
    if (job.error) {
      throw new Error(job.error.message);
    }
    if (open.has(name)) {
      fillDetail(card.querySelector(".detail"), job);
    }
  } catch (error) {
    if (open.has(name)) {
      setText(card.querySelector(".more"), error.message);
    }
  }
}

function toggle(card, name) {
  const isOpen = !open.delete(name);
  if (isOpen) {
    open.add(name);
    card.querySelector(".detail").replaceChildren(...makeDetail(name));
    showDetail(card, name);
  } else {
    card.querySelector(".detail").replaceChildren();
  }
  card.querySelector("button").setAttribute("aria-expanded", String(isOpen));
}

function makeCard(name) {
  const button = make("button", { type: "button", "aria-expanded": "false" });
  const card = make("li", { class: "job panel", "data-name": name },
    make("div", { class: "row" }, make("h3", {}, name),
      make("span", { class: "badge" })),
    make("div", { class: "bar", role: "img" },
      make("span", { class: "bad" }), make("span", { class: "done" })),
    make("p", { class: "words quiet" }), button,
    make("div", { class: "detail" }));
  button.addEventListener("click", () => toggle(card, name));
  return card;
}

function fillCard(card, job) {
  const badge = card.querySelector(".badge");
  const before = badge.dataset.state;
  badge.dataset.state = job.error ? "failed" : job.state;
  setText(badge, job.error ? "unknown" : STATES[job.state]);
  card.querySelector("button").hidden = !(job.n_nodes || job.shards?.failed);
  card.querySelector(".bar").hidden = Boolean(job.error);
  if (job.error) {
    setText(card.querySelector(".words"), job.error.message);
    return;
  }
  const words = progress(job);
  fillBar(card.querySelector(".bar"), job, words);
  setText(card.querySelector(".words"), words);
  setText(card.querySelector("button"), job.shards.failed
    ? `${plural(job.n_nodes, "node")}, failed shards`
    : plural(job.n_nodes, "node"));
  if (before && before !== job.state) {
    announce(`The job ${job.name}: ${STATES[job.state]}.`);
  } else if (job.state === "going") {
    mention(`The job ${job.name}: ${words}.`);
  }
  if (open.has(job.name)) {
    showDetail(card, job.name);
  }
}

/* Cards stay the same elements while their jobs are there. */
function show(jobs) {
  const list = byId("job-list");
  const cards = new Map([...list.children].map((c) => [c.dataset.name, c]));
  for (const job of jobs) {
    let card = cards.get(job.name);
    if (!card) {
      card = makeCard(job.name);
      list.append(card);
    }
    fillCard(card, job);
    cards.delete(job.name);
  }
  cards.forEach((card, name) => {
    open.delete(name);
    card.remove();
  });
  byId("no-jobs").hidden = jobs.length > 0;
}

function goOn(jobs) {
  last = new Date();
  pause_ms = EVERY_MS;
  delete byId("jobs").dataset.stale;
  byId("jobs-trouble").hidden = true;
  setText(byId("jobs-since"), "");
  show(jobs);
}

/* Nothing newer comes: what is shown is grey, and says from when it is. */
function goStale(why) {
  const trouble = byId("jobs-trouble");
  if (trouble.hidden || trouble.textContent !== why) {
    announce(why);
  }
  setText(trouble, why);
  trouble.hidden = false;
  pause_ms = Math.min(2 * pause_ms, MOST_MS);
  byId("jobs").dataset.stale = "";
  setText(byId("jobs-since"), last ? `as of ${timeOfDay(last)}` : "");
}

async function look() {
  try {
    goOn((await ask("/v1/jobs", { most_ms: MOST_MS })).data);
  } catch (error) {
    goStale(error.message);
  }
}

async function watch() {
  timer = null;
  if (!document.hidden) {
    await look();
  }
  if (isOffered) {
    timer = setTimeout(watch, pause_ms);
  }
}

/** Whether the server asks a broker, whenever it says so. */
export function offerJobs(isThere) {
  byId("jobs").hidden = !isThere;
  if (Boolean(isThere) !== isOffered) {
    isOffered = Boolean(isThere);
    clearTimeout(timer);
    if (isOffered) {
      watch();
    }
  }
}
