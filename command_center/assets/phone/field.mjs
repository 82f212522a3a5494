// The crew's page: what is due first, one tap to accept, a note and photos to dispose.
import { byId, data, el, icon, reasonOf, registerWorker, show, t, tell } from "./common.mjs";
import { Outbox } from "./outbox.mjs";
import { checklist, factsOf, missing, whereNow } from "./proof.mjs";
import { shrink } from "./shrink.mjs";
import { card, clock } from "./ticket.mjs";

const MOST_PHOTOS = 3;
const LOOK_EVERY_MS = 10_000;
const TIMEOUT_MS = 60_000;

const EXTRA = { hours: "extend", until: "suspend" }; // what a verb wants beside the reason

let state = { tickets: [], notices: [], at: null };
let signedOut = false;
let sheet = null; // {ticket, verb}
let photos = [];
let drawn = "";

const outbox = new Outbox(`field-${data.account}`, { send, changed: () => draw(true) });

async function send(entry) {
  const body = new FormData();
  for (const name of ["verb", "version", "why"]) body.set(name, entry[name]);
  for (const name of ["hours", "until"]) if (entry[name]) body.set(name, entry[name]);
  entry.photos.forEach((one, number) => {
    body.append("photos", new Blob([one.bytes], { type: one.type }), `${number + 1}.jpg`);
  });
  if (entry.photos.length) {
    body.set("photo_facts", JSON.stringify(entry.photos.map(factsOf)));
    // when it is sent, not when it was done: the server learns how far this clock is off
    body.set("phone_at", new Date().toISOString());
  }
  let response;
  try {
    response = await fetch(`/api/v1/tickets/${entry.number}/actions`, {
      method: "POST", headers: { "Idempotency-Key": entry.key }, body,
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
  } catch {
    return "later";
  }
  if (response.ok) {
    await outbox.finish(entry, { number: entry.number, verb: entry.verb });
    await outbox.discard(entry.key);
    return "done";
  }
  signedOut = response.status === 401;
  if (signedOut || response.status >= 500 || response.status === 429 || response.status === 408) return "later";
  await outbox.refuse(entry, await reasonOf(response.clone()), { current: await currentOf(response) });
  return "refused";
}

async function currentOf(response) {
  try {
    return (await response.json()).current ?? null;
  } catch {
    return null;
  }
}

async function load() {
  try {
    const response = await fetch("/api/v1/field", { headers: { Accept: "application/json" } });
    signedOut = response.status === 401;
    if (response.ok) state = await response.json();
  } catch {
    // offline: what is known stays
  }
  await draw();
}

async function draw(force = false) {
  const waiting = await outbox.waiting();
  const now = Date.now();
  // drawing anew takes the focus away: only when something is different
  const looks = JSON.stringify([state, waiting.map((one) => [one.key, one.refused]), signedOut, navigator.onLine, Math.floor(now / 60_000)]);
  if (!force && looks === drawn) return;
  drawn = looks;
  drawNet();
  drawWaiting(waiting);
  drawWork(waiting, now);
  drawNotices();
  tell(byId("as-of"), state.at ? t("as_of", { time: clock(state.at) }) : "");
}

function drawNet() {
  const net = byId("net");
  show(net, signedOut || !navigator.onLine);
  if (signedOut) net.replaceChildren(t("login_again"), " ", el("a", { href: "/login?next=/field" }, t("log_in")));
  else net.textContent = t("offline");
}

function drawWaiting(waiting) {
  const box = byId("waiting");
  show(box, waiting.length > 0);
  box.replaceChildren(...waiting.map((one) => {
    const values = { verb: t(one.verb), number: one.number };
    if (!one.refused) {
      return el("p", { class: "told warn waiting" }, icon("clock"), el("span", {}, t("waits", values)),
        el("button", { type: "button", class: "small", onclick: () => outbox.flush().then(load) }, t("send_now")));
    }
    const text = one.current
      ? t("conflict", { ...values, reason: one.refused, state: stateName(one.number, one.current.state) })
      : t("refused", { ...values, reason: one.refused });
    return el("p", { class: "told bad waiting" }, icon("alert"), el("span", {}, text),
      el("button", { type: "button", class: "small", onclick: () => outbox.discard(one.key).then(load) }, t("discard")));
  }));
}

function stateName(number, code) {
  const ticket = state.tickets.find((one) => one.number === number);
  return ticket && ticket.state === code ? ticket.state_name[data.language] : data.states[code][data.language];
}

function drawWork(waiting, now) {
  const box = byId("work");
  byId("count-work").textContent = state.tickets.filter((one) => one.state !== "disposed").length || "";
  if (!state.at) return;
  const drawOne = (ticket) => card(ticket, {
    now,
    pending: waiting.filter((one) => one.number === ticket.number && !one.refused).map((one) => one.verb),
    act,
  });
  const mine = state.tickets.filter((one) => one.state !== "disposed");
  const checked = state.tickets.filter((one) => one.state === "disposed");
  const later = checked.length ? [el("h2", {}, t("being_checked")), ...checked.map(drawOne)] : [];
  if (!mine.length) later.unshift(el("p", { class: "empty" }, icon("check"), t("nothing")));
  box.replaceChildren(...mine.map(drawOne), ...later);
}

function drawNotices() {
  const box = byId("notices");
  const unread = state.notices.filter((one) => !one.read_at);
  byId("count-notices").textContent = unread.length || "";
  if (!state.notices.length) {
    box.replaceChildren(el("p", { class: "empty" }, icon("bell"), t("no_notices")));
    return;
  }
  box.replaceChildren(...state.notices.map((one) => el("article", { class: `notice ${one.read_at ? "" : "unread"}` },
    el("p", {}, one.read_at ? null : el("b", { class: "flag" }, t("unread")), " ", one.text[data.language]),
    el("p", { class: "hint" }, one.read_at ? t("read_at", { time: clock(one.read_at) }) : clock(one.at)))));
}

async function markRead() {
  const notices = state.notices.filter((one) => !one.read_at).map((one) => one.id);
  if (!notices.length) return;
  try {
    const response = await fetch("/api/v1/notices/read", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ notices }),
    });
    if (response.ok) setTimeout(load, 2_500); // long enough to see which were new
  } catch {
    // offline: told when they are looked at next time
  }
}

function act(ticket, verb) {
  if (verb === "accept") {
    queue(ticket, verb, "", [], {});
    return;
  }
  sheet = { ticket, verb };
  photos = [];
  byId("sheet-title").textContent = t(`${verb}_title`);
  byId("sheet-about").textContent = `${ticket.number} · ${ticket.title[data.language]}`;
  byId("why-label").textContent = t(`${verb}_why`);
  byId("why").value = "";
  byId("sheet-do").textContent = t("submit");
  show(byId("sheet-photos"), verb === "dispose");
  for (const [name, wanted] of Object.entries(EXTRA)) {
    byId(name).value = "";
    show(byId(name), verb === wanted);
    show(byId(`${name}-label`), verb === wanted);
  }
  if (verb === "dispose" && ticket.proof?.length) whereNow();
  tell(byId("sheet-trouble"), "");
  drawPhotos();
  byId("sheet").showModal();
}

async function queue(ticket, verb, why, taken, more) {
  await outbox.add({ number: ticket.number, verb, version: ticket.version, why, photos: taken, ...more });
  await outbox.flush();
  await load();
}

async function submitSheet(event) {
  event.preventDefault();
  const why = byId("why").value.trim();
  if (!why) {
    tell(byId("sheet-trouble"), t("why_missing"));
    byId("why").focus();
    return;
  }
  const { ticket, verb } = sheet;
  const extra = Object.keys(EXTRA).find((name) => EXTRA[name] === verb);
  const value = extra && byId(extra).value;
  if (extra && !value) {
    tell(byId("sheet-trouble"), t("why_missing"));
    byId(extra).focus();
    return;
  }
  const more = !extra ? {} : extra === "until" ? { until: new Date(`${value}T00:00:00`).toISOString() } : { hours: value };
  const lacks = verb === "dispose" ? missing(ticket, photos) : [];
  if (lacks.length) {
    tell(byId("sheet-trouble"), t("proof_missing", { items: lacks.join(data.language === "zh" ? "、" : ", ") }));
    return;
  }
  byId("sheet").close();
  await queue(ticket, verb, why, photos, more);
}

async function addPhotos(event) {
  const files = [...event.target.files];
  const kind = event.target.dataset.kind;
  event.target.value = "";
  tell(byId("sheet-trouble"), "");
  for (const file of files) {
    if (photos.length >= MOST_PHOTOS) {
      tell(byId("sheet-trouble"), t("photo_most"));
      break;
    }
    try {
      const at = new Date(Math.min(file.lastModified || Date.now(), Date.now())).toISOString();
      photos.push({ ...await shrink(file), kind, taken_at: at, place: await whereNow() });
    } catch {
      tell(byId("sheet-trouble"), t("photo_unreadable"));
    }
  }
  drawPhotos();
}

function drawPhotos() {
  const box = byId("sheet-photos");
  for (const old of box.querySelectorAll(".photo")) {
    URL.revokeObjectURL(old.querySelector("img").src);
    old.remove();
  }
  box.prepend(...photos.map((one, index) => el("div", { class: "photo" },
    el("img", { src: URL.createObjectURL(new Blob([one.bytes], { type: one.type })), alt: t("photo_alt") }),
    sheet?.ticket.proof?.length ? el("span", { class: "photo-kind" }, t(`kind_${one.kind}`)) : null,
    el("button", { type: "button", "aria-label": t("photo_remove", { number: index + 1 }),
      onclick: () => { photos.splice(index, 1); drawPhotos(); } }, icon("close")))));
  const items = sheet?.ticket.proof ?? [];
  const asked = (kind) => items.some((one) => one.item === kind);
  show(byId("add-before"), photos.length < MOST_PHOTOS && asked("before"));
  show(byId("photo").closest(".photo-add"), photos.length < MOST_PHOTOS);
  byId("photo-after").textContent = t(items.length ? "photo_after" : "photo");
  const listed = sheet?.verb === "dispose" && items.length > 0;
  show(byId("sheet-proof"), listed);
  byId("sheet-proof").replaceChildren(...(listed ? checklist(sheet.ticket, photos) : []));
}

function choose(name) {
  for (const one of ["work", "notices"]) {
    const chosen = one === name;
    byId(`tab-${one}`).setAttribute("aria-selected", String(chosen));
    byId(`tab-${one}`).tabIndex = chosen ? 0 : -1;
    show(byId(one), chosen);
  }
  if (name === "notices") markRead();
}

for (const name of ["work", "notices"]) {
  byId(`tab-${name}`).addEventListener("click", () => choose(name));
  byId(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = name === "work" ? "notices" : "work";
    choose(other);
    byId(`tab-${other}`).focus();
  });
}
byId("sheet-form").addEventListener("submit", submitSheet);
byId("sheet-cancel").addEventListener("click", () => byId("sheet").close());
for (const name of ["photo", "photo-before"]) byId(name).addEventListener("change", addPhotos);
addEventListener("online", () => load());
addEventListener("offline", () => draw());
byId("logout").addEventListener("submit", () => {
  // what this person saw is not for the next one on this phone
  caches?.delete?.("field");
});
registerWorker(data.worker, "/field");
await outbox.open();
await load();
outbox.flush().then(load);
setInterval(() => {
  if (document.visibilityState === "visible") load();
}, LOOK_EVERY_MS);
