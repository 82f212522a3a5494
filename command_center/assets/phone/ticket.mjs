// How a ticket looks on the crew's list.
import { data, el, icon, t } from "./common.mjs";

const VERBS = ["accept", "dispose", "sign", "hand_back", "extend", "suspend", "false_alarm", "appeal", "comment"];
const ICONS = ["flooding", "outfall_discharge", "construction_dust", "sewage_overflow", "floating_debris",
  "road_damage", "manhole_cover", "garbage", "street_lamp"];
const locale = data.language === "zh" ? "zh-CN" : "en-GB";

export function clock(iso) {
  return new Date(iso).toLocaleString(locale, {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: data.time_zone,
  });
}

export function span(ms) {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000));
  if (minutes < 100) return t("minutes", { n: minutes });
  if (minutes < 48 * 60) return t("hours", { n: Math.round(minutes / 60) });
  return t("days", { n: Math.round(minutes / 1440) });
}

export function due(ticket, now) {
  if (!ticket.due_at) return { look: "green", text: t("no_due") };
  const left = new Date(ticket.due_at) - now;
  const look = left < 0 ? "red" : ticket.light;
  return { look, text: t(left < 0 ? "late" : "left", { time: span(left) }) };
}

// pending: verbs of this ticket that wait on the phone; act(ticket, verb) starts one.
export function card(ticket, { now, pending, act }) {
  const words = (names) => names?.[data.language] ?? "";
  const deadline = due(ticket, now);
  const wanted = VERBS.filter((verb) => ticket.verbs.some((one) => one.verb === verb));
  const buttons = wanted.map((verb) => el("button", {
    type: "button", class: verb === wanted[0] && ["accept", "dispose", "sign"].includes(verb) ? "primary" : "secondary",
    "aria-label": `${t(verb)} ${ticket.number}`, onclick: () => act(ticket, verb),
  }, t(verb)));
  return el("article", { class: `ticket level${ticket.severity}`, id: `t-${ticket.number}` },
    el("div", { class: "ticket-head" },
      el("span", { class: "ticket-icon" }, icon(ICONS.includes(ticket.category) ? ticket.category : "other")),
      el("div", {},
        el("h3", {}, words(ticket.title)),
        el("p", { class: "hint" }, `${ticket.number} · ${words(ticket.state_name)}`)),
      el("span", { class: `due ${deadline.look}` }, icon("clock"), deadline.text)),
    el("p", { class: "where" }, icon("pin"),
      el("span", {}, words(ticket.area), ticket.cell ? el("small", {}, t("cell", { code: ticket.cell })) : null),
      el("a", { href: `geo:${ticket.lat},${ticket.lon}` }, t("route"))),
    ticket.order ? el("p", { class: "hint order" }, words(ticket.order.because), " · ", t("there_by", { time: clock(ticket.order.arrives_at) })) : null,
    ticket.supervised ? el("p", { class: "flag" }, t("supervised")) : null,
    ticket.description ? el("p", { class: "description" }, ticket.description) : null,
    ...photosOf(ticket),
    pending.length
      ? el("p", { class: "told warn" }, t("waits", { verb: pending.map((one) => t(one)).join(", "), number: "" }))
      : el("div", { class: "ways" }, ...buttons));
}

function photosOf(ticket) {
  if (!ticket.photos.length) return [];
  return [el("div", { class: "evidence" }, ...ticket.photos.map((photo) => {
    if (photo.state === "ready") {
      return el("a", { href: photo.url, target: "_blank", rel: "noopener" }, el("img", { src: photo.url, alt: t("photo_alt"), loading: "lazy" }));
    }
    return el("p", { class: "hint" }, t(photo.state === "refused" ? photo.refusal : "waiting"));
  }))];
}
