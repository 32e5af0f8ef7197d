/* The page of fovea serve: asks for the pool once a second and shows it. */
import { ask, Refusal } from "/api.js";
import { byId, setText } from "/dom.js";
import { offerModels } from "/pictures.js";
import { show } from "/pool.js";

const EVERY_MS = 1000;
const MOST_MS = 10000;

let pause = EVERY_MS;

function saySilence(error) {
  const line = byId("connection");
  const isKey = error instanceof Refusal && error.status === 401;
  line.hidden = isKey;
  setText(line, error instanceof Refusal ? error.message :
    "The server does not answer. Trying again.");
  if (!isKey) {
    byId("state").dataset.state = "unavailable";
    setText(byId("state"), "no answer");
  }
}

async function look() {
  try {
    const pool = await ask("/v1/pool");
    byId("connection").hidden = true;
    byId("key-form").hidden = true;
    pause = EVERY_MS;
    show(pool);
    offerModels(pool.models);
  } catch (error) {
    saySilence(error);
    pause = error instanceof Refusal ? EVERY_MS : Math.min(2 * pause, MOST_MS);
  }
}

async function watch() {
  if (!document.hidden) {
    await look();
  }
  setTimeout(watch, pause);
}

watch();
