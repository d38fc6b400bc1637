// Saying something about an answer: each piece is sent under a key of its own, so that the same one
// sent again (a second click, a lost connection) is kept once.

import { sendFeedback } from "./api.js";

const keys = new Map(); // a piece as JSON -> its key

/** Resolves to the receipt; throws a `Problem`. `lasting`: options that outlive the page. */
export function say(queryId, said, lasting = {}) {
  const piece = { query_id: queryId, ...said };
  return sendFeedback({ ...piece, client_key: keyOf(JSON.stringify(piece)) }, lasting);
}

/** What was done with an answer, told in passing: nobody waits for it, and it may fail. */
export function signal(queryId, name) {
  say(queryId, { signals: [name] }, { keepalive: true }).catch(() => {});
}

export function thanksFor(receipt, otherwise) {
  return receipt.status === "waiting"
    ? "Thank you. It is kept on disk, and checked when the journal is back."
    : otherwise;
}

function keyOf(piece) {
  if (!keys.has(piece)) keys.set(piece, newKey());
  return keys.get(piece);
}

// Not crypto.randomUUID: that is missing where the page is not served by https or localhost.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
