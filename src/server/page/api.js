/* Asking the server: in a time that has an end, and with the key where it wants
   one. */
import { refuseKey, tryKeysWith, usableKey } from "/key.js";

const MOST_MS = 5000;
const UNAUTHORIZED = 401;

/** An answer that is an error, as the server tells it. */
export class Refusal extends Error {
  constructor(answer, message) {
    super(message);
    this.isForNow = answer.headers.get("X-Should-Retry") === "true";
    this.wait_ms = 1000 * (Number(answer.headers.get("Retry-After")) || 1);
  }
}

/** No answer: nobody is there, or it broke off, or took too long. */
export class Silence extends Error {}

/* The body of an answer: JSON, or a blob where that is what was asked for. */
function bodyOf(answer, isBlob) {
  if (isBlob && answer.ok) {
    return answer.blob();
  }
  return answer.json().catch((error) => {
    if (error instanceof SyntaxError) {
      return null; /* a proxy's, perhaps */
    }
    throw error;
  });
}

/* One request, until its answer is here whole. */
async function request(path, options, key) {
  const { most_ms = MOST_MS, signal, isBlob, ...rest } = options;
  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = setTimeout(end, most_ms);
  if (signal?.aborted) {
    end();
  }
  signal?.addEventListener("abort", end);
  const headers = { ...rest.headers };
  if (key) {
    headers.Authorization = `Bearer ${key}`;
  }
  try {
    const answer = await fetch(path,
      { ...rest, headers, signal: limit.signal });
    return { answer, body: await bodyOf(answer, isBlob) };
  } catch (error) {
    throw new Silence(limit.signal.aborted
      ? `The server did not answer within ${most_ms / 1000} s.`
      : "The server cannot be reached, or broke off.", { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}

const messageOf = ({ answer, body }) =>
  body?.error?.message ?? `The answer has status ${answer.status}.`;

/**
 * The JSON of an answer, or a blob. Where the server takes no key of ours, that is as
 * late as the user gives one that it does.
 *
 * @param options  of fetch(), and most_ms, the time for all of it, and isBlob.
 * @throws Refusal, Silence
 */
export async function ask(path, options = {}) {
  for (;;) {
    const key = await usableKey();
    const got = await request(path, options, key);
    if (got.answer.status === UNAUTHORIZED) {
      refuseKey(key, messageOf(got));
    } else if (got.answer.ok && got.body) {
      return got.body;
    } else {
      throw new Refusal(got.answer, messageOf(got));
    }
  }
}

/** A vector as it is sent: float32, little-endian, in base64. */
export function decode(text) {
  const raw = atob(text);
  const data = new DataView(new ArrayBuffer(raw.length));
  for (let i = 0; i < raw.length; i++) {
    data.setUint8(i, raw.charCodeAt(i));
  }
  return Float32Array.from({ length: raw.length / 4 },
    (_, i) => data.getFloat32(4 * i, true));
}

tryKeysWith(async (key) => {
  try {
    const got = await request("/v1/models", {}, key);
    return got.answer.status === UNAUTHORIZED ? messageOf(got) : null;
  } catch (silence) {
    return silence.message;
  }
});
