/* Pictures by words, where the model embeds texts too: the words' vector is
   compared with the pictures' as if they were one of them. */
import { ask, decode } from "/api.js";
import { byId } from "/dom.js";

/* A first text starts a worker. */
const MOST_MS = 330000;

let nAsked = 0;

async function embed(text, model) {
  const answer = await ask("/v1/embeddings", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ input: [text], modality: "text", model,
      encoding_format: "base64" }),
    most_ms: MOST_MS,
  });
  const { embedding, note } = answer.data[0];
  return { vector: decode(embedding), model: answer.model, note };
}

/** What the words became: {vector, model, note}, or {error}. */
const outcome = (text, model) => embed(text, model)
  .catch((error) => ({ error: error.message }));

/**
 * onWords(words) when some are asked for, and once more when they are embedded
 * or failed, unless others were asked for meanwhile.
 *
 * @param model  gives the one that is chosen.
 */
export function listenSearch(model, onWords) {
  byId("words-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = byId("words").value;
    const mine = ++nAsked;
    const words = { id: "words", name: `\u201c${text}\u201d`, isWords: true,
      vector: null };
    onWords(words);
    Object.assign(words, await outcome(text, model()));
    if (mine === nAsked) {
      onWords(words);
    }
  });
}

/** Whether the model that is chosen embeds texts. */
export function offerSearch(isOffered) {
  byId("words-form").hidden = !isOffered;
}

/** Nothing comes any more of words that were asked for. */
export function forgetSearch() {
  nAsked++;
}
