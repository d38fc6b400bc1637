// The HTTP API of MQT: one function a call. A refused call throws a `Problem` (RFC 9457).

export class Problem extends Error {
  constructor(document) {
    super(document.detail || document.title || "Something went wrong.");
    this.code = document.code || "unknown";
    this.title = document.title || "Something went wrong";
    this.line = document.line ?? null;
    this.column = document.column ?? null;
    this.queryId = document.query_id ?? null;
  }
}

export const ask = (question, database, previous) => post("/v1/query", { question, database, previous });
export const run = (query, database) => post("/v1/run", { query, database });
export const sendFeedback = (feedback, lasting = {}) => post("/v1/feedback", feedback, lasting);
export const insights = (days, day) => call(`/v1/insights?days=${days}${day ? `&day=${day}` : ""}`);
export const schemas = () => call("/v1/schemas");
export const experiments = () => call("/v1/experiment");
export const experiment = (id) => call(`/v1/experiment/${encodeURIComponent(id)}`);
export const ready = () => call("/readyz");

export const revoke = (id, reason, by = "the page") =>
  post(`/v1/corrections/${encodeURIComponent(id)}/revoke`, { reason, by });
export const reviewQueue = (token) => call("/v1/review", { headers: bearer(token) });
export const decideReview = (id, body, token) => post(`/v1/review/${encodeURIComponent(id)}`, body, { headers: bearer(token) });

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

function post(path, body, options = {}) {
  return call(path, {
    ...options,
    method: "POST",
    headers: { "Content-Type": "application/json", ...options.headers },
    body: JSON.stringify(body),
  });
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Problem({
      code: "unreachable",
      title: "MQT does not answer",
      detail: "The service cannot be reached. Is it running? Try again in a moment.",
    });
  }
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text, keepLargeNumbers);
  } catch {
    body = { title: `HTTP ${response.status}`, detail: "The reply is not JSON; the log of MQT may say more." };
  }
  if (!response.ok) throw new Problem(body);
  return body;
}

// Whole numbers beyond 2^53 would silently lose digits: show them as they were sent.
function keepLargeNumbers(_key, value, context) {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return context?.source ?? value;
  }
  return value;
}
