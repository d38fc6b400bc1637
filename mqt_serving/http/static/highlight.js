// Syntax colour for queries in JavaScript, Python and JSON: a tokenizer that yields text nodes and spans.

const TOKEN = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|#[^\n]*)/,
    /(?<string>r?"(?:[^"\\]|\\.)*"|r?'(?:[^'\\]|\\.)*'|\/(?:[^/\\\n]|\\.)+\/[a-z]*)/,
    /(?<number>-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)/,
    /(?<operator>\$\w+)/,
    /(?<word>\b(?:true|false|null|None|True|False|ISODate|ObjectId|NumberDecimal|NumberLong|NumberInt|Decimal128|Int64|datetime|new|Date|await|Long|UUID)\b)/,
    /(?<key>[A-Za-z_]\w*(?=\s*:))/,
  ].map((part) => part.source).join("|"),
  "gi",
);

export function highlight(code, target) {
  const parts = [];
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    parts.push(code.slice(end, match.index));
    const span = document.createElement("span");
    span.className = `t-${kindOf(match, code)}`;
    span.textContent = match[0];
    parts.push(span);
    end = match.index + match[0].length;
  }
  parts.push(code.slice(end));
  target.replaceChildren(...parts);
}

function kindOf(match, code) {
  const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
  if (kind !== "string") return kind;
  if (/^["']\$/.test(match[0])) return "operator";
  const after = code.slice(match.index + match[0].length);
  return /^\s*:/.test(after) ? "key" : "string";
}
