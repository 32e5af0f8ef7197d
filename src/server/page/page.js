/* The page of fovea serve: asks for the pool once a second and shows it. */
import { ask, Refusal } from "/api.js";
import { byId, setText } from "/dom.js";
import { offerJobs } from "/jobs.js";
import { isKeyWanted, whenKeyTurns } from "/key.js";
import { offerIndexes } from "/library.js";
import { isBusy, offerModels } from "/pictures.js";
import { show, showStale } from "/pool.js";
import { resume } from "/queue.js";
import { announce } from "/say.js";
import { timeOfDay } from "/words.js";

const EVERY_MS = 1000;
const MOST_MS = 10000;

let pause_ms = EVERY_MS;
let last = null; /* when the server answered */
let wrong = ""; /* what is wrong with it */

/* Say it once, until something else is wrong. */
function goStale(word, why) {
  showStale(word, last ? timeOfDay(last) : "");
  setText(byId("facts"), why);
  if (word !== wrong && !isKeyWanted()) {
    announce(why);
  }
  wrong = word;
}

function goOn(pool) {
  if (wrong) {
    announce("The server answers again.");
    wrong = "";
  }
  last = new Date();
  pause_ms = EVERY_MS;
  show(pool);
  offerModels(pool.models);
  offerIndexes(pool.indexes);
  offerJobs(pool.jobs);
  resume();
}

async function look() {
  try {
    goOn(await ask("/v1/pool"));
  } catch (error) {
    const isRefusal = error instanceof Refusal;
    goStale(isRefusal ? "no facts" : "no answer",
      `${error.message} Trying again.`);
    pause_ms = isRefusal ? MOST_MS : Math.min(2 * pause_ms, MOST_MS);
  }
}

/* A pause that ends early when somebody looks at the page again. */
function rest() {
  return new Promise((resolve) => {
    const timer = setTimeout(end, pause_ms);
    function end() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", end);
      resolve();
    }
    document.addEventListener("visibilitychange", end);
  });
}

async function watch() {
  for (;;) {
    if (!document.hidden || isBusy()) {
      await look();
    }
    await rest();
  }
}

whenKeyTurns(() => {
  if (isKeyWanted()) {
    goStale("needs a key", "The server asks for an API key.");
  }
});
watch();
