/* The key: asked for when the server refuses, and a gate that holds every
   request back until one that it takes is given. */
import { byId, setText } from "/dom.js";
import { announce } from "/say.js";

const STORED = "fovea-key";

let key = sessionStorage.getItem(STORED) ?? "";
let gate = null; /* {opened, open} while no usable key is known */
let refuses = null;
const listeners = [];

/** Call a listener when a key is wanted, and when it is given. */
export function whenKeyTurns(listener) {
  listeners.push(listener);
}

export const isKeyWanted = () => gate !== null;

/** refuses(key) finds out whether the server does: a sentence why, or null. */
export function tryKeysWith(refusesKey) {
  refuses = refusesKey;
}

/** The key to send; waits while the server has none of ours that it takes. */
export async function usableKey() {
  while (gate) {
    await gate.opened;
  }
  return key;
}

function open() {
  const dialog = byId("key-dialog");
  if (!dialog.open) {
    dialog.showModal();
  }
}

/** The server does not take this one. Asks for another, once. */
export function refuseKey(refused, message) {
  if (gate || refused !== key) {
    return; /* asked for already, or another one came meanwhile */
  }
  gate = {};
  gate.opened = new Promise((resolve) => {
    gate.open = resolve;
  });
  setText(byId("key-error"), refused ? message : "");
  byId("key-open").hidden = false;
  announce("The server asks for an API key.");
  listeners.forEach((listener) => listener());
  open();
}

function accept(candidate) {
  const opened = gate;
  key = candidate;
  sessionStorage.setItem(STORED, key);
  gate = null;
  byId("key").value = "";
  byId("key-open").hidden = true;
  byId("key-dialog").close();
  opened.open();
  listeners.forEach((listener) => listener());
}

async function submit() {
  const candidate = byId("key").value.trim();
  const button = byId("key-use");
  button.disabled = true;
  /* A header can carry no other letters. */
  const why = /^[!-~]+$/.test(candidate) ? await refuses(candidate)
    : "A key has letters, digits and signs of ASCII only.";
  button.disabled = false;
  if (why === null) {
    accept(candidate);
  } else {
    setText(byId("key-error"), why);
    byId("key").select();
    byId("key").focus();
  }
}

byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
byId("key-open").addEventListener("click", open);
