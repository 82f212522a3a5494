/* Several tickets at once: a box drawn on the map (Shift and drag) or a polygon (polygon.js), and
 * what is done to those in it.
 *
 * Each ticket goes its own way through the normal action, and each result is told.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const LEAST_PX = 6; // a smaller box is a click with an unsteady hand

  const e = (...args) => window.React.createElement(...args);

  /** [west, south, east, north] of "west,south,east,north"; null for anything else. */
  ns.readBox = function (text) {
    const box = String(text).split(",").map(Number);
    const fits = box.length === 4 && box.every(Number.isFinite) && box[0] <= box[2] && box[1] <= box[3];
    return fits ? box : null;
  };

  const ring = ([w, s, east, n]) => [[w, s], [east, s], [east, n], [w, n], [w, s]];

  class BoxSelect {
    constructor(city) {
      this.city = city;
      this.map = city.map;
      this.outlined = ""; // the corners of what is drawn
      this.map.addControl(this, "bottom-left");
      const canvas = this.map.getCanvasContainer();
      canvas.addEventListener("mousedown", (event) => this.begin(event), true);
      this.end = live.on("select", () => this.show());
      this.show();
    }

    /** A button beside the zoom: what is seen, for who draws no boxes. */
    onAdd() {
      this.bar = document.createElement("div");
      this.bar.className = "maplibregl-ctrl maplibregl-ctrl-group";
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.className = "cc-box-button";
      this.button.addEventListener("click", () => this.select(this.seen()));
      this.respeak();
      this.bar.appendChild(this.button);
      return this.bar;
    }

    respeak() {
      const { words } = this.city.config;
      this.button.title = words.box_hint;
      this.button.setAttribute("aria-label", words.box_view);
    }

    onRemove() {
      this.bar.remove();
    }

    /** The corners of the map that no panel covers, px. */
    seen() {
      const pad = this.city.padding();
      const { clientWidth, clientHeight } = this.city.box;
      return [[pad.left, pad.top], [Math.max(pad.left, clientWidth - pad.right), clientHeight - pad.bottom]];
    }

    begin(event) {
      if (!event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      const edge = this.city.box.getBoundingClientRect();
      const at = (one) => [one.clientX - edge.left, one.clientY - edge.top];
      const from = at(event);
      const frame = document.createElement("div");
      frame.className = "cc-box";
      this.city.box.appendChild(frame);
      const draw = (one) => {
        const to = at(one);
        Object.assign(frame.style, {
          left: `${Math.min(from[0], to[0])}px`,
          top: `${Math.min(from[1], to[1])}px`,
          width: `${Math.abs(from[0] - to[0])}px`,
          height: `${Math.abs(from[1] - to[1])}px`,
        });
      };
      const done = (one) => {
        document.removeEventListener("mousemove", draw);
        frame.remove();
        this.passClick();
        const to = at(one);
        const far = Math.max(Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1]));
        if (far >= LEAST_PX) this.select([from, to]);
      };
      document.addEventListener("mousemove", draw);
      document.addEventListener("mouseup", done, { once: true });
    }

    /** The click that ends the drawing opens nothing. */
    passClick() {
      const canvas = this.map.getCanvasContainer();
      const stop = (event) => event.stopPropagation();
      canvas.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => canvas.removeEventListener("click", stop, { capture: true }), 100);
    }

    select(corners) {
      const [a, b] = corners.map((point) => this.map.unproject(point));
      const box = [Math.min(a.lng, b.lng), Math.min(a.lat, b.lat), Math.max(a.lng, b.lng), Math.max(a.lat, b.lat)];
      live.select({ kind: "box", id: box.map((one) => one.toFixed(5)).join() });
    }

    show() {
      const { kind, id } = live.selected || {};
      const box = kind === "box" ? ns.readBox(id) : null;
      const corners = box ? ring(box) : (kind === "polygon" && ns.readPolygon(id)) || [];
      this.outline(corners, !box);
    }

    /** Draws a line through some places, back to the first where it is to be `closed`. */
    outline(corners, closed) {
      const coordinates = closed && corners.length > 2 ? [...corners, corners[0]] : corners;
      if (String(coordinates) === this.outlined) return; // every change costs the map a frame
      this.outlined = String(coordinates);
      const line = { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
      this.map.getSource("box").setData({ type: "FeatureCollection", features: corners.length > 1 ? [line] : [] });
    }
  }

  /** The open tickets in a box or in a polygon, the most urgent first: all that this wall knows. */
  function inside(box, polygon, further) {
    const [west, south, east, north] = box;
    const within = (t) =>
      polygon ? ns.inPolygon(polygon, t.lon, t.lat) : t.lon >= west && t.lon <= east && t.lat >= south && t.lat <= north;
    const known = [...live.shownTickets(), ...further.filter((t) => live.shows(t.layer))];
    return ns.urgentFirst(known.filter(within));
  }

  // the story is drawn anew after many were acted on: what became of them, who is left out (numbers)
  const outcomes = { of: null, results: new Map(), left: new Set() };
  live.on("select", () => (outcomes.of = null));

  /** Acts on one ticket; what is to be told of it. */
  async function act(ticket, body, words) {
    try {
      const answer = await fetch(`/api/v1/tickets/${encodeURIComponent(ticket.number)}/actions`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": ns.newKey() },
        body: JSON.stringify(Object.assign({ version: ticket.version }, body)),
      });
      const told = await answer.json().catch(() => ({}));
      if (answer.status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
      return { ok: answer.ok, text: answer.ok ? words.bulk_done : told.detail || told.title || words.failed };
    } catch (error) {
      return { ok: false, text: words.not_sent };
    }
  }

  function Row({ ticket, config, checked, result, toggle }) {
    return e(
      "li",
      null,
      e(
        "label",
        null,
        e("input", { type: "checkbox", checked, "data-pick": ticket.number, onChange: toggle }),
        ns.marks.severityIcon(ticket.severity, config.layers.find((layer) => layer.code === ticket.layer)),
        e("span", { className: "title" }, ns.pick(ticket, "title", config.language)),
        e("span", { className: "note" }, `${ticket.number} · ${config.states[ticket.state]}`)
      ),
      result && e("p", { className: result.ok ? "good" : "bad" }, result.text)
    );
  }

  function Field({ label, children }) {
    return e("label", null, label, children);
  }

  function Bulk(props) {
    const { id, config, box, polygon, verbs, departments, most } = props;
    const React = window.React;
    ns.useLive("lists", "layers");
    const { words } = config;
    const [verb, setVerb] = React.useState(verbs.length ? verbs[0].verb : "");
    const [given, setGiven] = React.useState({ why: "", department: "" });
    const [busy, setBusy] = React.useState(false);
    const [, again] = React.useReducer((n) => n + 1, 0);
    const shape = String([box, polygon]);
    if (outcomes.of !== shape) Object.assign(outcomes, { of: shape, results: new Map(), left: new Set() });
    const { results, left } = outcomes;
    const there = ns.openThere(props);
    const known = inside(box || [], polygon, ns.furtherTickets(there));
    const rows = known.slice(0, most);
    const chosen = rows.filter((ticket) => !left.has(ticket.number));
    const needs = (verbs.find((one) => one.verb === verb) || { needs: [] }).needs;
    const wordy = needs.includes("reason") || needs.includes("note");
    const ready = chosen.length && verb && (!wordy || given.why.trim()) && (!needs.includes("department") || given.department);
    const toggle = (number) => {
      if (!left.delete(number)) left.add(number);
      again();
    };
    const submit = async (event) => {
      event.preventDefault();
      if (!ready || busy) return;
      setBusy(true);
      const body = { verb };
      if (wordy) body.why = given.why.trim();
      if (needs.includes("department")) body.department = given.department;
      if (verb === "supervise") body.supervised = true;
      results.clear();
      for (const ticket of chosen) {
        results.set(ticket.number, await act(ticket, body, words)); // one after another: each is told
        again();
      }
      setBusy(false);
      if (there.n) live.tell("reload"); // how those stand now of which this wall is not told
    };
    const good = [...results.values()].filter((one) => one.ok).length;
    const sum = results.size ? ns.fill(words.bulk_sum, { good, bad: results.size - good }) : "";
    const set = (values) => setGiven(Object.assign({}, given, values));
    return e(
      "div",
      { id, className: "cc-bulk" },
      e("p", { className: "cc-note" }, ns.fill(words.bulk_count, { n: Math.max(there.n, known.length), chosen: chosen.length })),
      e(
        "form",
        { className: "cc-form", onSubmit: submit },
        e(Field, { label: words.bulk_verb },
          e("select", { name: "verb", value: verb, onChange: (event) => setVerb(event.target.value) },
            verbs.map((one) => e("option", { key: one.verb, value: one.verb }, one.label)))),
        needs.includes("department") &&
          e(Field, { label: words.department },
            e("select", { name: "department", value: given.department, onChange: (event) => set({ department: event.target.value }) },
              e("option", { value: "" }, words.choose),
              departments.map((one) => e("option", { key: one.value, value: one.value }, one.label)))),
        wordy &&
          e(Field, { label: needs.includes("reason") ? words.reason : words.note },
            e("textarea", { name: "why", rows: 2, maxLength: 2000, value: given.why, onChange: (event) => set({ why: event.target.value }) })),
        e("button", { type: "submit", className: "cc-button strong", disabled: !ready || busy },
          ns.fill(words.bulk_go, { n: chosen.length }))
      ),
      e("p", { className: "cc-notice", role: "status" }, sum),
      e("ul", { className: "cc-picks", "aria-label": words.bulk_list },
        rows.map((ticket) =>
          e(Row, { key: ticket.number, ticket, config, checked: !left.has(ticket.number),
            result: results.get(ticket.number), toggle: () => toggle(ticket.number) })))
    );
  }

  Object.assign(ns, { BoxSelect, Bulk });
})();
