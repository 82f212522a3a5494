/* What stands around the map: layers, what needs attention.
 *
 * Small React components that read the live connection: no callback to the server per change.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ATTENTION = 40;
  const NARROW = 1300; // below, the layers start folded

  const e = (...args) => window.React.createElement(...args);

  function layersOf(config) {
    return new Map(config.layers.map((layer) => [layer.code, layer]));
  }

  // The desk has the next move: file, dispatch, verify or close.
  const AT_THE_DESK = new Set(["reported", "filed", "disposed", "verified"]);
  const needsDecision = (ticket) => AT_THE_DESK.has(ticket.state);

  /** The server's counts, where not all of the city's open tickets are told one by one. */
  const allOpen = (config) => (config.whole && ns.cells.leftOut() && live.figures && live.figures.tickets) || null;

  /** How many are open in the layers that are shown, of which so many are told one by one. */
  function countShown(told, config) {
    const all = allOpen(config);
    if (!all || !live.hidden.size) return told + ns.cells.leftOut();
    const counted = Object.entries(all.by_layer).filter(([code]) => live.shows(code));
    return Math.max(told, counted.reduce((sum, [, { open }]) => sum + open, 0));
  }

  // --- layers, legend, departments ---------------------------------------------------------

  function layerCounts(config) {
    const counts = new Map();
    const of = (code) => {
      if (!counts.has(code)) counts.set(code, { devices: 0, loud: 0, off: 0, tickets: 0, seen: 0 });
      return counts.get(code);
    };
    const known = layersOf(config);
    for (const device of live.devices.values()) {
      const row = of(device.layer);
      row.devices += 1;
      if (device.level) row.loud += 1;
      if (device.online === false) row.off += 1;
      row.seen = Math.max(row.seen, live.seen(device));
    }
    for (const ticket of live.tickets.values()) {
      of(known.has(ticket.layer) ? ticket.layer : "other").tickets += 1;
    }
    const all = allOpen(config);
    if (!all) return counts;
    for (const row of counts.values()) row.tickets = 0;
    for (const [code, { open }] of Object.entries(all.by_layer)) of(known.has(code) ? code : "other").tickets += open;
    return counts;
  }

  /** For a layer that shows tickets by stage: how many are at which. */
  function stageCounts(layer, config) {
    const all = allOpen(config);
    return layer.stages
      .map((stage) => {
        if (all) return [stage, stage.states.reduce((sum, one) => sum + (all.by_state[one] || 0), 0)];
        const states = new Set(stage.states);
        return [stage, [...live.tickets.values()].filter((ticket) => states.has(ticket.state)).length];
      })
      .filter(([, n]) => n > 0);
  }

  function layerNote(layer, counts, config) {
    const { words, language } = config;
    const parts = counts.loud ? [ns.fill(words.layer_loud_n, { n: counts.loud })] : [];
    if (layer.stages && layer.stages.length) {
      const stages = stageCounts(layer, config);
      return parts.concat(stages.map(([stage, n]) => `${ns.pick(stage, "name", language)} ${n}`));
    }
    if (layer.facilities) return parts.concat(words.layer_facilities);
    if (counts.devices) parts.push(ns.fill(words.layer_devices, { n: counts.devices }));
    if (counts.off) parts.push(ns.fill(words.layer_off, { n: counts.off }));
    if (counts.seen) {
      const span = ns.span(live.now() - counts.seen, words);
      parts.push(ns.fill(words.ago, { span }));
    }
    return parts;
  }

  function LayerRow({ layer, counts, config }) {
    const { words, language } = config;
    const shown = !live.hidden.has(layer.code);
    const name = ns.pick(layer, "name", language);
    const staged = layer.stages && layer.stages.length;
    const tickets = staged ? live.tickets.size + ns.cells.leftOut() : counts.tickets;
    return e(
      "li",
      { className: shown ? "cc-layer" : "cc-layer off" },
      e(
        "button",
        {
          type: "button",
          className: "cc-toggle",
          role: "switch",
          "aria-checked": shown,
          "aria-label": ns.fill(words.layer_toggle, { name }),
          "data-layer": layer.code,
          onClick: () => live.toggleLayer(layer.code),
        },
        ns.marks.layerIcon(layer, "mark big")
      ),
      e(
        "button",
        {
          type: "button",
          className: "cc-layer-open",
          onClick: () => live.select({ kind: "layer", id: layer.code }),
        },
        e(
          "span",
          { className: "cc-layer-line" },
          e("span", { className: "cc-layer-name" }, name),
          e("span", { className: "cc-badge", title: words.layer_tickets }, tickets)
        ),
        e(
          "span",
          { className: counts.loud ? "cc-layer-sub loud" : "cc-layer-sub" },
          layerNote(layer, counts, config).join(" · ") || words.layer_none
        )
      )
    );
  }

  function byDepartment(config) {
    const rows = new Map();
    const all = allOpen(config);
    for (const row of (all && all.by_department) || []) {
      rows.set(row.id, { ...row, ticket: { department_zh: row.zh, department_en: row.en } });
    }
    for (const ticket of all ? [] : live.tickets.values()) {
      const id = ticket.department_id;
      if (!id) continue;
      if (!rows.has(id)) rows.set(id, { id, ticket, open: 0, overdue: 0 });
      const row = rows.get(id);
      row.open += 1;
      if (live.overdue(ticket)) row.overdue += 1;
    }
    return [...rows.values()].sort((a, b) => b.overdue - a.overdue || b.open - a.open);
  }

  function Departments({ config }) {
    const rows = byDepartment(config).slice(0, 6);
    const most = Math.max(1, ...rows.map((row) => row.open));
    if (!rows.length) return null;
    const share = (n) => ({ width: `${(100 * n) / most}%` });
    return e(
      "section",
      null,
      e("h2", null, config.words.by_department),
      e(
        "ul",
        { className: "cc-departments" },
        rows.map((row) => {
          const body = [
            e("span", { key: "n", className: "name" }, ns.pick(row.ticket, "department", config.language)),
            e(
              "span",
              { key: "c", className: "count" },
              row.overdue > 0 && e("em", null, ns.fill(config.words.late_count, { n: row.overdue })),
              e("b", null, row.open)
            ),
            e(
              "span",
              { key: "b", className: "bar", "aria-hidden": true },
              e("i", { className: "late", style: share(row.overdue) }),
              e("i", { style: share(row.open - row.overdue) })
            ),
          ];
          const { department } = ns.links(config);
          const href = department && department + row.id;
          return e("li", { key: row.id }, e(href ? "a" : "div", { className: "row", href }, body));
        })
      )
    );
  }

  function Layers(props) {
    ns.useLive("lists", "layers", "second");
    const { config } = props;
    const [open, setOpen] = window.React.useState(() => window.innerWidth > NARROW);
    ns.marks.useSeverity(config.severity);
    const counts = layerCounts(config);
    const none = { devices: 0, loud: 0, off: 0, tickets: 0, seen: 0 };
    const name = config.words.layer_other;
    const other = { code: "other", shape: "circle", colour: "#b7c6da", name_zh: name, name_en: name };
    const body = () => [
      e(
        "ul",
        { key: "list", className: "cc-layer-list" },
        [...config.layers, other].map((layer) =>
          e(LayerRow, { key: layer.code, layer, counts: counts.get(layer.code) || none, config })
        )
      ),
      e("h2", { key: "h" }, config.words.legend),
      e(ns.Legend, { key: "legend", config }),
      e(ns.CellLegend, { key: "cells", config }),
      e(ns.ProjectLegend, { key: "projects", config }),
      e(Departments, { key: "departments", config }),
    ];
    return e(
      "section",
      { id: props.id, className: open ? "cc-layers cc-left" : "cc-layers cc-left folded", "aria-label": config.words.layers },
      e(
        "h2",
        null,
        e(
          "button",
          { type: "button", className: "cc-fold", "aria-expanded": open, onClick: () => setOpen(!open) },
          config.words.layers
        )
      ),
      open && body()
    );
  }

  // --- what needs attention ----------------------------------------------------------------

  function TicketItem({ ticket, config, first, chosen, light, due }) {
    const { words, language } = config;
    const layers = layersOf(config);
    const pick = (field) => ns.pick(ticket, field, language);
    const [office, crew] = [pick("department"), pick("crew")];
    const decide = needsDecision(ticket);
    return e(
      "li",
      null,
      e(
        "button",
        {
          type: "button",
          className: `cc-item ${first ? "first" : ""} ${chosen ? "chosen" : ""}`,
          "data-ticket": ticket.number,
          onClick: () => live.select({ kind: "ticket", id: ticket.number }),
        },
        ns.marks.severityIcon(ticket.severity, layers.get(ticket.layer), ns.isDone(ticket) ? "mark big done" : "mark big"),
        e(
          "span",
          { className: "cc-item-body" },
          e(
            "span",
            { className: "cc-item-row" },
            e("span", { className: "cc-item-title" }, pick("title")),
            e(
              "span",
              { className: `cc-due ${light}` },
              e("i", { className: "cc-light", "aria-hidden": true }),
              due
            )
          ),
          e(
            "span",
            { className: "cc-item-row" },
            e(
              "span",
              { className: office ? "cc-item-who" : "cc-item-who none" },
              office || words.nobody_yet,
              crew && e("b", null, ` · ${crew}`),
              office && !crew && e("b", { className: "none" }, ` · ${words.no_crew}`)
            ),
            e(
              "span",
              { className: "cc-tags" },
              ticket.supervised && e("em", { className: "supervised" }, words.supervised),
              // what the desk has to do next, else how it stands
              e("em", { className: decide ? "needs" : "state" }, decide ? words[`next_${ticket.state}`] : config.states[ticket.state])
            )
          ),
          e(
            "span",
            { className: "cc-item-row" },
            e("span", { className: "cc-item-where" }, pick("area") || ticket.cell),
            e("span", { className: "cc-number" }, ticket.number)
          ),
          first && e(ns.Forecast, { ticket, config })
        )
      )
    );
  }

  let Item = null; // React is there when the first one is drawn

  /** A ticket in a list; drawn again only when something that it shows is different. */
  function ticketItem(ticket, config, first) {
    Item = Item || window.React.memo(TicketItem);
    const selected = live.selected;
    return e(Item, {
      key: ticket.id,
      ticket,
      config,
      first: Boolean(first),
      chosen: Boolean(selected && selected.kind === "ticket" && selected.id === ticket.number),
      light: live.light(ticket),
      due: ns.due(ticket, live.now(), config.words),
    });
  }

  /** The rows of the list; a heading says where those begin that are done and only wait. */
  function attentionRows(tickets, config) {
    const items = tickets.map((ticket, index) => ticketItem(ticket, config, index === 0));
    const waits = tickets.findIndex(ns.onlyWaits);
    if (waits >= 0) {
      items.splice(waits, 0, e("li", { key: "waits", className: "cc-divider" }, config.words.only_waits));
    }
    return items;
  }

  function Attention(props) {
    ns.useLive("lists", "select", "second");
    const { config } = props;
    ns.marks.useSeverity(config.severity);
    const rows = ns.urgentFirst(live.shownTickets());
    const all = countShown(rows.length, config);
    const more = all - Math.min(rows.length, ATTENTION);
    return e(
      "section",
      { id: props.id, className: "cc-attention", "aria-label": config.words.attention },
      e("h2", null, config.words.attention, e("b", null, all)),
      live.at === null
        ? e("p", { className: "cc-empty" }, config.words.loading)
        : !all && e("p", { className: "cc-empty" }, config.words.all_quiet),
      e(
        "ol",
        { className: "cc-items" },
        attentionRows(rows.slice(0, ATTENTION), config)
      ),
      more > 0 && ns.links(config).open &&
        e("a", { className: "cc-more", href: config.links.open }, ns.fill(config.words.more, { n: more }))
    );
  }

  Object.assign(ns, { allOpen, countShown, ticketItem, needsDecision, Layers, Attention });
})();
