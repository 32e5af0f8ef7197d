/* The pool as it is now: workers, memory, requests, the last minutes. */
import { draw } from "/chart.js";
import { byId, make, setText } from "/dom.js";
import { age, bytes, number } from "/words.js";

const HISTORY_POINTS = 150;

/* What a model's queue, or a worker, is for. */
const items = ({ work }) => work === "embed_text" ? "texts" : "images";

function showState(pool) {
  const badge = byId("state");
  badge.dataset.state = pool.state;
  setText(badge, pool.reason ? `${pool.state}: ${pool.reason}` : pool.state);
  setText(byId("facts"), `version ${pool.version}, process ${pool.pid}, up ` +
    age(pool.uptime_s));
}

function fillCell(cell, worker) {
  cell.dataset.state = worker.state;
  setText(cell.querySelector("b"), worker.state +
    (worker.stop_reason ? ` (${worker.stop_reason})` : ""));
  setText(cell.querySelector("small"),
    `process ${worker.pid}, ${worker.served} ${items(worker)}, ` +
    `${bytes(worker.pss_bytes)}, ${age(worker.age_s)}` +
    (worker.sandboxed ? ", sealed" : ""));
}

/* Cells stay the same elements while their workers live. */
function showWorkers(workers) {
  const list = byId("workers");
  const cells = new Map([...list.children].map((c) => [c.dataset.pid, c]));
  for (const worker of workers) {
    let cell = cells.get(String(worker.pid));
    if (!cell) {
      cell = make("li", { class: "cell", "data-pid": worker.pid },
        make("b"), make("small"));
      list.append(cell);
    }
    fillCell(cell, worker);
    cells.delete(String(worker.pid));
  }
  cells.forEach((cell) => cell.remove());
  byId("no-workers").hidden = workers.length > 0;
}

function fillBar(bar, parts, words) {
  bar.setAttribute("aria-label", words);
  bar.replaceChildren(...parts.map(([share, kind]) => {
    const part = make("span", { class: kind });
    part.style.width = `${Math.min(100, 100 * share)}%`;
    return part;
  }));
}

function fillFacts(list, facts) {
  list.replaceChildren(...facts.flatMap(([name, value]) =>
    [make("dt", {}, name), make("dd", {}, value)]));
}

function showMemory(memory) {
  const limit = memory.limit_bytes || 1;
  fillBar(byId("memory-bar"), [
    [memory.reserved_bytes / limit, ""],
    [memory.measured_bytes / limit, "strong"],
  ], `Memory: ${bytes(memory.reserved_bytes)} reserved, ` +
    `${bytes(memory.measured_bytes)} measured, of ${bytes(limit)}`);
  fillFacts(byId("memory-facts"), [
    ["reserved", bytes(memory.reserved_bytes)],
    ["measured", bytes(memory.measured_bytes)],
    ["limit", `${bytes(limit)} of ${bytes(memory.total_bytes)}`],
    ["available", `${bytes(memory.available_bytes)}, pressure ` +
      memory.pressure],
  ]);
}

function showRequests(pool) {
  const sum = (name) => pool.models.reduce((n, m) => n + m[name], 0);
  const queued = sum("queued");
  const most = sum("max_queue");
  fillBar(byId("queue-bar"), [[queued / most, ""]],
    `Queue: ${queued} of ${most} wait`);
  fillFacts(byId("queue-facts"), [
    ["waiting", `${queued} of ${most}`],
    ["in flight", String(sum("in_flight"))],
    ["requests under way", String(pool.requests.in_flight)],
    ["connections", `${pool.requests.connections} of ` +
      pool.requests.max_connections],
    ["bodies", `${bytes(pool.requests.body_bytes)} of ` +
      bytes(pool.requests.max_body_bytes)],
  ]);
}

const latest = (values) => values.filter((v) => v !== null).at(-1);

function showHistory(history) {
  const rates = history.images_per_s;
  draw(byId("rate-chart"), [{ values: rates, kind: "" },
    { values: history.failed_per_s, kind: "second" }], HISTORY_POINTS,
  history.interval_s, `Images and texts a second over the last minutes: now ` +
    `${number(rates.at(-1) ?? 0)}, at most ` +
    number(Math.max(0, ...rates)));
  const half = latest(history.p50_ms);
  draw(byId("time-chart"), [{ values: history.p50_ms, kind: "" },
    { values: history.p99_ms, kind: "second" }], HISTORY_POINTS,
  history.interval_s, half === undefined
    ? "Milliseconds for each image or text: none in the last minutes"
    : `Milliseconds for each image or text: half are done in ` +
      `${number(half)}, 99 of 100 in ${number(latest(history.p99_ms))}`);
}

function showModels(models) {
  byId("models").tBodies[0].replaceChildren(...models.map((m) =>
    make("tr", {}, make("th", { scope: "row" },
      items(m) === "texts" ? `${m.id} (texts)` : m.id), ...[
      m.dimension, m.dtype, `${m.workers} of ${m.max_workers}`,
      `${m.queued} of ${m.max_queue}`, m.embedded, m.failed, m.breaker,
    ].map((value) => make("td", {}, String(value))))));
}

export function show(pool) {
  delete byId("pool").dataset.stale;
  setText(byId("pool-since"), "");
  showState(pool);
  showWorkers(pool.workers);
  showMemory(pool.memory);
  showRequests(pool);
  showHistory(pool.history);
  showModels(pool.models);
}

/**
 * Nothing newer comes: what is shown is grey, and says from when it is.
 *
 * @param word   for the badge: what is wrong.
 * @param since  the time of day; "" where nothing was ever shown.
 */
export function showStale(word, since) {
  const badge = byId("state");
  badge.dataset.state = "silent";
  setText(badge, since ? `${word} since ${since}` : word);
  byId("pool").dataset.stale = "";
  setText(byId("pool-since"), since ? `as of ${since}` : "unknown");
  document.querySelectorAll(".chart .end").forEach((e) => setText(e, since));
}
