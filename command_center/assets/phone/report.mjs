// The report page: what is wrong, where, send; kept on the phone until the server has it.
import { byId, data, el, icon, reasonOf, registerWorker, show, t, tell } from "./common.mjs";
import { Outbox } from "./outbox.mjs";
import { Place } from "./place.mjs";
import { shrink } from "./shrink.mjs";

const MOST_PHOTOS = 3;
const TIMEOUT_MS = 60_000;

const form = byId("report");
let photos = [];
const outbox = new Outbox("report", { send, changed: draw });

async function send(entry) {
  const body = new FormData();
  for (const name of ["category", "lon", "lat", "description", "contact"]) body.set(name, entry[name]);
  entry.photos.forEach((one, number) => {
    body.append("photos", new Blob([one.bytes], { type: one.type }), `${number + 1}.jpg`);
  });
  let response;
  try {
    response = await fetch("/api/v1/reports", {
      method: "POST",
      headers: { "Idempotency-Key": entry.key, "Accept-Language": entry.language },
      body,
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    });
  } catch {
    return "later";
  }
  if (response.status === 201) {
    const receipt = await response.json();
    await outbox.finish(entry, { receipt, category: entry.category });
    return "done";
  }
  if (response.status >= 500 || response.status === 429 || response.status === 408) return "later";
  await outbox.refuse(entry, await reasonOf(response));
  return "refused";
}

async function submit(event) {
  event.preventDefault();
  const category = form.elements.category.value;
  tell(byId("category-trouble"), category ? "" : t("need_category"));
  tell(byId("place-trouble"), place.at ? "" : t("need_place"));
  if (!category || !place.at) {
    const first = category ? byId("locate") : form.querySelector("[name=category]");
    first.focus();
    return;
  }
  const button = byId("send");
  button.disabled = true;
  button.textContent = t("sending");
  try {
    const entry = await outbox.add({
      category,
      lon: place.at.lon.toFixed(6),
      lat: place.at.lat.toFixed(6),
      description: byId("description").value.trim(),
      contact: byId("contact").value.trim(),
      language: data.language,
      photos,
    });
    await outbox.flush();
    await told(entry.key);
  } catch {
    tell(byId("send-told"), t("storage_full"));
  } finally {
    button.disabled = false;
    button.textContent = t("send");
  }
}

async function told(key) {
  const done = (await outbox.done()).find((one) => one.key === key);
  const waits = (await outbox.waiting()).find((one) => one.key === key);
  if (done) showReceipt(done.receipt);
  else if (waits?.refused) {
    tell(byId("send-told"), waits.refused);
    await outbox.discard(key);
    return;
  } else showSaved();
  clearForm();
}

function showReceipt(receipt) {
  const link = new URL(receipt.status_url);
  const box = byId("receipt");
  box.replaceChildren(
    el("div", { class: "receipt-sign good" }, icon("check")),
    el("h2", {}, t("sent")),
    el("p", { class: "number-label" }, t("number")),
    el("p", { class: "number", id: "number" }, receipt.number),
    el("p", { class: "receipt-place" }, `${receipt.area[data.language]} · ${t("cell")} ${receipt.cell ?? t("no_cell")}`),
    el("a", { class: "primary button", href: link.pathname }, t("follow")),
    el("button", { type: "button", class: "quiet", onclick: (event) => copy(event.target, link.href) }, t("copy")),
    el("button", { type: "button", class: "quiet", onclick: again }, t("another")),
  );
  reveal(box);
}

function showSaved() {
  const box = byId("receipt");
  box.replaceChildren(
    el("div", { class: "receipt-sign warn" }, icon("clock")),
    el("h2", {}, t("saved_offline")),
    el("button", { type: "button", class: "quiet", onclick: again }, t("another")),
  );
  reveal(box);
}

function reveal(box) {
  show(box, true);
  show(form, false);
  scrollTo({ top: 0 });
  box.focus();
}

function again() {
  show(byId("receipt"), false);
  show(form, true);
  place.locate();
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = t("copied");
  } catch {
    getSelection().selectAllChildren(byId("number"));
  }
}

function clearForm() {
  form.reset();
  photos = [];
  drawPhotos();
  tell(byId("send-told"), "");
}

async function draw() {
  const waiting = await outbox.waiting();
  const box = byId("outbox");
  show(box, waiting.length > 0);
  const open = waiting.filter((one) => !one.refused);
  const parts = [];
  if (open.length) {
    const text = open.length === 1 ? t("waiting_one") : t("waiting_many", { count: open.length });
    parts.push(el("p", { class: "told warn waiting" }, icon("clock"), el("span", {}, text),
      el("button", { type: "button", class: "small", onclick: () => outbox.flush() }, t("send_now"))));
  }
  for (const one of waiting.filter((it) => it.refused)) {
    parts.push(el("p", { class: "told bad waiting" }, icon("alert"),
      el("span", {}, t("refused", { reason: one.refused })),
      el("button", { type: "button", class: "small", onclick: () => outbox.discard(one.key) }, t("discard"))));
  }
  box.replaceChildren(...parts);
  const mine = (await outbox.done()).reverse().slice(0, 10);
  show(byId("mine"), mine.length > 0);
  byId("mine-list").replaceChildren(...mine.map((one) =>
    el("li", {}, el("a", { href: new URL(one.receipt.status_url).pathname },
      el("b", {}, one.receipt.number),
      el("span", {}, new Date(one.at).toLocaleString(data.language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" }))))));
}

async function addPhotos(event) {
  const files = [...event.target.files];
  event.target.value = "";
  tell(byId("photo-trouble"), "");
  for (const file of files) {
    if (photos.length >= MOST_PHOTOS) {
      tell(byId("photo-trouble"), t("photo_most"));
      break;
    }
    try {
      photos.push(await shrink(file));
    } catch {
      tell(byId("photo-trouble"), t("photo_unreadable"));
    }
  }
  drawPhotos();
}

function drawPhotos() {
  const box = byId("photos");
  for (const old of box.querySelectorAll(".photo")) {
    URL.revokeObjectURL(old.querySelector("img").src);
    old.remove();
  }
  const pictures = photos.map((one, index) => {
    const src = URL.createObjectURL(new Blob([one.bytes], { type: one.type }));
    return el("div", { class: "photo" },
      el("img", { src, alt: t("photo_alt", { number: index + 1 }) }),
      el("button", { type: "button", "aria-label": t("photo_remove", { number: index + 1 }),
        onclick: () => { photos.splice(index, 1); drawPhotos(); } }, icon("close")));
  });
  box.prepend(...pictures);
  show(box.querySelector(".photo-add"), photos.length < MOST_PHOTOS);
}

let place = null;
registerWorker(data.worker, "/report");
if (form) {
  place = new Place();
  form.addEventListener("submit", submit);
  byId("photo").addEventListener("change", addPhotos);
  await outbox.open();
  outbox.flush();
  place.start();
}
