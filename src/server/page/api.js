/* Asking the server, with the key where it wants one. */
import { byId } from "/dom.js";

const STORED = "fovea-key";

/** An answer that is an error, as the server tells it. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function askForKey(message) {
  const form = byId("key-form");
  byId("key-error").textContent =
    sessionStorage.getItem(STORED) ? message : "";
  if (form.hidden) {
    form.hidden = false;
    byId("key").focus();
  }
}

byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(STORED, byId("key").value);
  byId("key").value = "";
  byId("key-form").hidden = true;
});

/** The JSON of an answer; throws a Refusal, or a TypeError without a server. */
export async function ask(path, options = {}) {
  const key = sessionStorage.getItem(STORED);
  const headers = { ...options.headers };
  if (key) {
    headers.Authorization = `Bearer ${key}`;
  }
  const answer = await fetch(path, { ...options, headers });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const message = body.error?.message ?? `status ${answer.status}`;
    if (answer.status === 401) {
      askForKey(message);
    }
    throw new Refusal(answer.status, message);
  }
  return body;
}
