// What the phone pages share: their data, their words, small helpers.
export const data = JSON.parse(document.getElementById("page-data").textContent);

export function t(key, values = {}) {
  let text = data.words[key] ?? key;
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, value);
  return text;
}

export const byId = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((one) => one !== null && one !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// UUID version 7: sorts by time. crypto.randomUUID is missing on plain http, getRandomValues is not.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Date.now();
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function show(node, visible) {
  node.hidden = !visible;
}

export function tell(node, text) {
  node.textContent = text ?? "";
  node.hidden = !text;
}

// The sentence of a problem+json answer, with the reasons of its fields.
export async function reasonOf(response) {
  try {
    const problem = await response.json();
    const reasons = (problem.errors ?? []).map((one) => one.reason);
    return reasons.length ? [...new Set(reasons)].join(" ") : problem.detail;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

export function registerWorker(address, scope) {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(address, { scope }).catch(() => {
    // no secure context (plain http on a LAN): the page works, but needs the network to open
  });
}
