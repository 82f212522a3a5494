// What a ticket's category asks for as proof: photos before and after, where and when.
import { data, el, icon, t } from "./common.mjs";

const FRESH_MS = 60_000;
const PATIENCE_MS = 8_000;
let last = null; // {lon, lat, at}

// Where the phone is, or null; asked once a minute at most.
export async function whereNow() {
  if (last && Date.now() - last.at < FRESH_MS) return last;
  if (!("geolocation" in navigator) || !window.isSecureContext) return null;
  last = await new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, at: Date.now() }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    );
  });
  return last;
}

// What is sent about a photo.
export function factsOf({ kind, taken_at, place }) {
  return { kind, taken_at, lon: place?.lon ?? null, lat: place?.lat ?? null };
}

// The items of the list with these photos: [{item, name, met, told}].
function items(ticket, photos) {
  const wanted = new Set(ticket.proof.map((one) => one.item));
  const typed = photos.filter((one) => wanted.has(one.kind));
  return ticket.proof.map((one) => {
    const name = one.name[data.language];
    if (one.item === "before" || one.item === "after") {
      // a photo that the server has counts, but one that is taken now is there for certain
      const met = photos.some((photo) => photo.kind === one.item) || one.met || one.waits;
      return { item: one.item, name, met, told: met ? "" : one.missing?.[data.language] ?? "" };
    }
    if (one.item === "recovery") return { item: one.item, name, met: one.met, told: t(one.met ? "recovered" : "recovery_later") };
    if (one.item === "time") return { item: one.item, name, met: one.met || typed.length > 0, told: "" };
    const far = typed.map((photo) => metres(photo.place, ticket)).find((m) => m === null || m > ticket.geofence_m);
    const met = typed.length ? far === undefined : one.met;
    const told = far === undefined ? "" : far === null ? t("no_place") : t("too_far", { metres: Math.round(far), most: Math.round(ticket.geofence_m) });
    return { item: one.item, name, met, told };
  });
}

export function checklist(ticket, photos) {
  return items(ticket, photos).map((one) => el("li", { class: one.met ? "met" : "missing", "data-proof": one.item },
    icon(one.met ? "check" : "clock"), el("b", {}, one.name), one.told ? el("span", {}, one.told) : null));
}

// The names of the photos without which the server refuses; the rest is judged there.
export function missing(ticket, photos) {
  return items(ticket, photos).filter((one) => ["before", "after"].includes(one.item) && !one.met).map((one) => one.name);
}

function metres(place, ticket) {
  if (!place) return null;
  const north = (place.lat - ticket.lat) * 110_574;
  const east = (place.lon - ticket.lon) * 111_320 * Math.cos((ticket.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}
