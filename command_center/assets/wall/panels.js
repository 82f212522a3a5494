/* What stands around the map: figures, layers, what needs attention, the last events, health.
 *
 * Small React components that read the live connection: no callback to the server per change.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ATTENTION = 40;
  const COMPONENTS = ["database", "broker", "ingest", "dispatch", "web"];

  const e = (...args) => window.React.createElement(...args);

  /** Draws again when one of the topics speaks. */
  function useLive(...topics) {
    const [, again] = window.React.useReducer((n) => n + 1, 0);
    window.React.useEffect(() => {
      const ends = topics.map((topic) => live.on(topic, again));
      return () => ends.forEach((end) => end());
    }, []);
  }

  function layersOf(config) {
    return new Map(config.layers.map((layer) => [layer.code, layer]));
  }

  // --- figures ---------------------------------------------------------------------------

  function Figures(props) {
    useLive("lists");
    const { words, links } = props.config;
    const figures = live.figures || {};
    const share = typeof figures.on_time === "number" ? Math.round(figures.on_time * 100) + "%" : "–";
    const rows = [
      ["open", figures.open, ""],
      ["overdue", figures.overdue, figures.overdue ? "bad" : ""],
      ["needs_decision", figures.needs_decision, figures.needs_decision ? "warn" : ""],
      ["closed_today", figures.closed_today, ""],
      ["on_time", share, ""],
    ];
    return e(
      "ul",
      { id: props.id, className: "cc-figures", "aria-label": words.figures },
      rows.map(([key, value, tone]) =>
        e(
          "li",
          { key },
          e(
            "a",
            { className: `cc-figure ${tone}`, href: links[key], title: words[`figure_${key}_hint`] },
            e("b", { "data-figure": key }, value === undefined || value === null ? "–" : String(value)),
            e("span", null, words[`figure_${key}`])
          )
        )
      )
    );
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
    return counts;
  }

  function LayerRow({ layer, counts, config }) {
    const { words, language } = config;
    const shown = !live.hidden.has(layer.code);
    const name = ns.pick(layer, "name", language);
    const open = () => live.select({ kind: "layer", id: layer.code });
    const parts = [];
    if (counts.devices) parts.push(ns.fill(words.layer_devices, { n: counts.devices }));
    if (counts.off) parts.push(ns.fill(words.layer_off, { n: counts.off }));
    if (counts.seen) parts.push(ns.fill(words.ago, { span: ns.span(live.now() - counts.seen, words) }));
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
          onClick: () => live.toggleLayer(layer.code),
        },
        ns.marks.layerIcon(layer, "mark big")
      ),
      e(
        "button",
        { type: "button", className: "cc-layer-open", onClick: open },
        e("span", { className: "cc-layer-name" }, name),
        e("span", { className: "cc-layer-sub" }, parts.join(" · ") || words.layer_none)
      ),
      counts.loud > 0 && e("span", { className: "cc-badge loud", title: words.layer_loud }, counts.loud),
      e("span", { className: "cc-badge", title: words.layer_tickets }, counts.tickets)
    );
  }

  function Legend({ config }) {
    const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
    for (const ticket of live.tickets.values()) counts[ticket.severity] += 1;
    return e(
      "ul",
      { className: "cc-legend", "aria-label": config.words.legend },
      [4, 3, 2, 1].map((severity) =>
        e(
          "li",
          { key: severity },
          ns.marks.severityIcon(severity, null),
          e("span", null, config.words[`severity_${severity}`]),
          e("b", null, counts[severity])
        )
      )
    );
  }

  function Departments({ config }) {
    const rows = ((live.figures && live.figures.by_department) || []).slice(0, 6);
    const most = Math.max(1, ...rows.map((row) => row.open));
    if (!rows.length) return null;
    return e(
      "section",
      null,
      e("h2", null, config.words.by_department),
      e(
        "ul",
        { className: "cc-departments" },
        rows.map((row) =>
          e(
            "li",
            { key: row.id },
            e(
              "a",
              { href: `/desk?department=${row.id}` },
              e("span", { className: "name" }, ns.pick(row, "", config.language) || row[config.language]),
              e(
                "span",
                { className: "bar", "aria-hidden": true },
                e("i", { className: "late", style: { width: `${(100 * row.overdue) / most}%` } }),
                e("i", { style: { width: `${(100 * (row.open - row.overdue)) / most}%` } })
              ),
              e("b", null, row.open),
              row.overdue > 0 &&
                e("em", null, ns.fill(config.words.late_count, { n: row.overdue }))
            )
          )
        )
      )
    );
  }

  function Layers(props) {
    useLive("lists", "layers");
    const { config } = props;
    const counts = layerCounts(config);
    const none = { devices: 0, loud: 0, off: 0, tickets: 0, seen: 0 };
    const other = { code: "other", shape: "circle", colour: "#b7c6da", icon: "flag",
      name_zh: config.words.layer_other, name_en: config.words.layer_other };
    return e(
      "div",
      { id: props.id, className: "cc-layers" },
      e("h2", null, config.words.layers),
      e(
        "ul",
        { className: "cc-layer-list" },
        [...config.layers, other].map((layer) =>
          e(LayerRow, { key: layer.code, layer, counts: counts.get(layer.code) || none, config })
        )
      ),
      e("h2", null, config.words.legend),
      e(Legend, { config }),
      e(Departments, { config })
    );
  }

  // --- what needs attention ----------------------------------------------------------------

  function AttentionItem({ ticket, config, layers, first }) {
    const { words, language } = config;
    const pick = (field) => ns.pick(ticket, field, language);
    const chosen = live.selected && live.selected.kind === "ticket" && live.selected.id === ticket.number;
    const who = [pick("department"), pick("crew")].filter(Boolean).join(" · ");
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
        ns.marks.severityIcon(ticket.severity, layers.get(ticket.layer), "mark big"),
        e(
          "span",
          { className: "cc-item-body" },
          e("span", { className: "cc-item-title" }, pick("title")),
          e(
            "span",
            { className: "cc-item-where" },
            [pick("area"), ticket.cell].filter(Boolean).join(" · ")
          ),
          e("span", { className: who ? "cc-item-who" : "cc-item-who none" }, who || words.nobody_yet)
        ),
        e(
          "span",
          { className: "cc-item-side" },
          e(
            "span",
            { className: `cc-due ${live.light(ticket)}` },
            e("i", { className: "cc-light", "aria-hidden": true }),
            ns.due(ticket, live.now(), words)
          ),
          e(
            "span",
            { className: "cc-tags" },
            ticket.supervised && e("em", { className: "supervised" }, words.supervised),
            ticket.needs
              ? e("em", { className: "needs" }, config.states[ticket.state] || ticket.state)
              : e("span", { className: "cc-state" }, config.states[ticket.state] || ticket.state)
          ),
          e("span", { className: "cc-number" }, ticket.number)
        )
      )
    );
  }

  function Attention(props) {
    useLive("lists", "select", "second");
    const { config } = props;
    const layers = layersOf(config);
    const rows = [...live.tickets.values()]
      .filter((ticket) => !live.hidden.has(layers.has(ticket.layer) ? ticket.layer : "other"))
      .sort(ns.byUrgency);
    const more = rows.length - ATTENTION;
    return e(
      "section",
      { id: props.id, className: "cc-attention", "aria-label": config.words.attention },
      e("h2", null, config.words.attention, e("b", null, rows.length)),
      live.at === null
        ? e("p", { className: "cc-empty" }, config.words.loading)
        : !rows.length && e("p", { className: "cc-empty" }, config.words.all_quiet),
      e(
        "ol",
        { className: "cc-items" },
        rows.slice(0, ATTENTION).map((ticket, index) =>
          e(AttentionItem, { key: ticket.id, ticket, config, layers, first: index === 0 })
        )
      ),
      more > 0 && e("a", { className: "cc-more", href: "/desk" }, ns.fill(config.words.more, { n: more }))
    );
  }

  // --- the last events ---------------------------------------------------------------------

  function openEvent(event) {
    if (event.ticket) live.select({ kind: "ticket", id: event.ticket });
    else if (event.device) live.select({ kind: "device", id: event.device });
    else live.select({ kind: "event", id: event.id, place: [event.lon, event.lat] });
  }

  function Ticker(props) {
    useLive("lists");
    const { config } = props;
    const { words, language, time_zone: zone } = config;
    const layers = layersOf(config);
    return e(
      "section",
      { id: props.id, className: "cc-ticker", "aria-label": words.events },
      e("h2", null, words.events),
      e(
        "ol",
        { "aria-live": "off" },
        live.events.slice(0, 24).map((event) =>
          e(
            "li",
            { key: event.id },
            e(
              "button",
              { type: "button", onClick: () => openEvent(event) },
              e("time", null, ns.clock(event.at, zone, language)),
              ns.marks.severityIcon(event.severity, layers.get(event.layer)),
              e("span", { className: "title" }, ns.pick(event, "title", language)),
              e("span", { className: `change ${event.change}` }, words[`change_${event.change}`] || "")
            )
          )
        )
      )
    );
  }

  // --- header: clock and health --------------------------------------------------------------

  function Clock(props) {
    useLive("second");
    const { language, time_zone: zone } = props.config;
    const now = live.now();
    return e(
      "div",
      { id: props.id, className: "cc-clock" },
      e("time", null, ns.clock(now, zone, language)),
      e("span", null, ns.dayName(now, zone, language))
    );
  }

  function Health(props) {
    useLive("status", "second");
    const { words } = props.config;
    const parts = (live.health && live.health.components) || {};
    return e(
      "ul",
      { id: props.id, className: "cc-health", "aria-label": words.health },
      COMPONENTS.map((name) => {
        const status = live.connection === "lost" ? "unknown" : (parts[name] || {}).status || "unknown";
        return e(
          "li",
          { key: name, className: status, title: `${words[`part_${name}`]}: ${words[`status_${status}`]}` },
          e("i", { "aria-hidden": true }),
          words[`part_${name}`],
          e("span", { className: "cc-sr" }, words[`status_${status}`])
        );
      })
    );
  }

  function trouble(config) {
    const { words, language, time_zone: zone } = config;
    const as_of = live.at ? ns.clock(live.at, zone, language) : "–";
    if (live.connection === "lost") return ns.fill(words.banner_lost, { as_of });
    if (!live.health || live.health.status === "ok") return null;
    const bad = Object.entries(live.health.components || {})
      .filter(([, part]) => part.status !== "ok")
      .map(([name, part]) => {
        const since = part.since ? ns.clock(Date.parse(part.since), zone, language) : "–";
        return ns.fill(words.banner_part, {
          part: words[`part_${name}`] || name,
          status: words[`status_${part.status}`] || part.status,
          since,
        });
      });
    return ns.fill(words.banner_health, { parts: bad.join(words.comma), as_of });
  }

  function Banner(props) {
    useLive("status", "second");
    const text = trouble(props.config);
    return e(
      "div",
      { id: props.id, className: text ? "cc-banner shown" : "cc-banner", role: "status", "aria-live": "polite" },
      text
    );
  }

  /** For pages with server-made lists: counts up, at most every two seconds, when tickets changed. */
  function Pulse(props) {
    const React = window.React;
    const setProps = React.useRef(props.setProps);
    setProps.current = props.setProps;
    React.useEffect(() => {
      live.start(props.socket);
      let pulses = 0;
      let waiting = null;
      const beat = () => {
        if (waiting) return;
        waiting = setTimeout(() => {
          waiting = null;
          pulses += 1;
          if (setProps.current) setProps.current({ pulses });
        }, props.every || 2000);
      };
      const ends = [
        live.on("changes", (changes) => changes.tickets.length && beat()),
        live.on("snapshot", beat),
      ];
      return () => ends.forEach((end) => end());
    }, []);
    return null;
  }

  Object.assign(ns, { Figures, Layers, Attention, Ticker, Clock, Health, Banner, Pulse, useLive });
})();
