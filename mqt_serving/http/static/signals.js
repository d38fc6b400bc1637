// What people do with an answer says something too: copied, edited, run again, asked in other words,
// exported, or left without doing anything.

import { signal } from "./saying.js";

const REPHRASED_WITHIN = 2 * 60 * 1000;
const SIMILAR = 0.5; // least share of common words
const LITTLE_WORDS = new Set("a an the of in on for to by is are was were do does did me my please and".split(" "));

let last = null; // {queryId, question, at, touched}

/** A question came back, answered or not; `followUp` when it was read as one. */
export function asked(queryId, question, followUp) {
  if (last && !followUp) compare(question);
  last = queryId ? { queryId, question, at: Date.now(), touched: false } : null;
}

/** Something was done with the answer on the page. */
export function did(name) {
  if (!last) return;
  last.touched = true;
  signal(last.queryId, name);
}

/** Something was said about it: it is not abandoned. */
export function touch() {
  if (last) last.touched = true;
}

export function watchLeaving() {
  // Not `unload` or `beforeunload`: phones and the back-forward cache skip them.
  window.addEventListener("pagehide", () => {
    if (last && !last.touched) did("abandoned");
  });
}

function compare(question) {
  const [before, now] = [words(last.question), words(question)];
  if (before.join(" ") === now.join(" ")) did("rerun");
  else if (Date.now() - last.at <= REPHRASED_WITHIN && share(before, now) >= SIMILAR) did("rephrased");
}

function words(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function share(one, other) {
  const [a, b] = [one, other].map((list) => new Set(list.filter((word) => !LITTLE_WORDS.has(word))));
  const common = [...a].filter((word) => b.has(word)).length;
  const all = a.size + b.size - common;
  return all ? common / all : 0;
}
