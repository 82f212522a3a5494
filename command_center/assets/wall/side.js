/* What the side panel is made of: marks, deadlines, live values, lists, and a ticket's actions. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const MOST_LISTED = 60;
  const e = (...args) => window.React.createElement(...args);

  const layerOf = (config, code) => config.layers.find((layer) => layer.code === code);

  function Mark({ config, severity, layer }) {
    ns.marks.useSeverity(config.severity);
    const known = layerOf(config, layer);
    if (!severity && known) return ns.marks.layerIcon(known, "mark huge");
    return ns.marks.severityIcon(severity || 1, known || undefined, "mark huge");
  }

  /** A deadline that runs while one looks at it. */
  function Due({ id, config, due_at, yellow_at, state }) {
    ns.useLive("second");
    const ticket = { due_at: due_at && Date.parse(due_at), yellow_at: yellow_at && Date.parse(yellow_at), state };
    return e(
      "span",
      { id, className: `cc-due ${live.light(ticket)}` },
      e("i", { className: "cc-light", "aria-hidden": true }),
      ns.due(ticket, live.now(), config.words)
    );
  }

  function ValueRow({ config, metric, value }) {
    const known = (config.metrics || {})[metric] || {};
    const age = ns.fill(config.words.ago, { span: ns.span(live.now() - value[0], config.words) });
    return e(
      "li",
      { "data-metric": metric, "data-at": value[0] }, // when it was measured: what is shown, and how old
      e("span", null, ns.pick(known, "name", config.language) || metric),
      e("b", null, ns.valueText(config.metrics, metric, value[1])),
      e("time", null, age)
    );
  }

  /** The latest values of a device, as they come. */
  function Values({ id, config, device }) {
    ns.useLive("second");
    const [, again] = window.React.useReducer((n) => n + 1, 0);
    window.React.useEffect(() => live.on("values", (measured) => measured.has(device) && again()), [device]);
    const row = live.devices.get(device);
    if (!row) return null;
    const { words } = config;
    const order = (layerOf(config, row.layer) || { metrics: [] }).metrics;
    const values = Object.entries(row.values || {}).sort(
      ([a], [b]) => order.indexOf(a) - order.indexOf(b)
    );
    const state = row.online === false ? "off" : row.level ? "loud" : "ok";
    return e(
      "div",
      { id, className: "cc-values" },
      e("p", { className: `cc-device-state ${state}` }, words[`device_${state}`]),
      e(
        "ul",
        null,
        values.map(([metric, value]) =>
          e(ValueRow, { key: metric, config, metric, value })
        )
      )
    );
  }

  function shown(ticket, props) {
    if (props.device) return ticket.device === props.device;
    if (props.cell) return ticket.cell_id === props.cell;
    if (props.area) return ticket.areas.includes(props.area);
    if (props.layer === "other") return !layerOf(props.config, ticket.layer);
    return !props.layer || ticket.layer === props.layer;
  }

  /** What is open where not all of it is told one by one: as the server said when it was opened. */
  const openThere = (props) => (ns.cells.leftOut() && props.open) || { n: 0, tickets: [] };

  /** Those of them that this wall is not told of one by one. */
  const furtherTickets = (there) =>
    there.tickets.filter((ticket) => !live.tickets.has(ticket.id)).map(ns.readTicket);

  /** How many there are when not all are listed, and the way to all of them. */
  function More({ n, listed, href, config }) {
    if (n <= listed) return null;
    const { words, links } = config;
    const said = href && links.open && e("a", { href, className: "cc-more" }, ns.fill(words.more, { n: n - listed }));
    return e("p", { className: "cc-note", "data-open": n }, ns.fill(words.open_here, { n }), " ", said);
  }

  /** The open tickets of a device, a cell, an area or a layer; `most` of them. */
  function TicketList(props) {
    ns.useLive("lists", "second");
    const { config } = props;
    const there = openThere(props);
    const known = [...live.tickets.values(), ...furtherTickets(there)];
    const rows = ns.urgentFirst(known.filter((ticket) => shown(ticket, props)));
    if (!rows.length) return e("p", { id: props.id, className: "cc-empty" }, config.words.no_tickets);
    const listed = rows.slice(0, props.most || MOST_LISTED);
    const n = Math.max(there.n, rows.length);
    return e(
      "div",
      { id: props.id },
      e(More, { n, listed: listed.length, href: props.href, config }),
      e("ol", { className: "cc-items short" }, listed.map((ticket) => ns.ticketItem(ticket, config)))
    );
  }

  function DeviceRow({ device, config }) {
    const layer = layerOf(config, device.layer);
    const metric = ns.mainMetric(layer, device);
    return e(
      "li",
      null,
      e(
        "button",
        { type: "button", onClick: () => live.select({ kind: "device", id: device.id }) },
        device.level
          ? ns.marks.severityIcon(device.level, layer)
          : layer && ns.marks.layerIcon(layer, device.online === false ? "mark dim" : "mark"),
        e("span", { className: "title" }, ns.pick(device, "name", config.language)),
        e("b", null, metric ? ns.valueText(config.metrics, metric, device.values[metric][1]) : "–")
      )
    );
  }

  /** The devices of a layer, or those with some numbers, the loud ones first. */
  function DeviceList({ id, config, layer, devices }) {
    ns.useLive("lists", "second");
    const rows = [...live.devices.values()]
      .filter((device) => (devices ? devices.includes(device.id) : device.layer === layer))
      .sort((a, b) => (b.level || 0) - (a.level || 0) || a.id - b.id);
    if (!rows.length) return e("p", { id, className: "cc-empty" }, config.words.layer_none);
    return e(
      "ol",
      { id, className: "cc-device-list" },
      rows.map((device) => e(DeviceRow, { key: device.id, device, config }))
    );
  }

  // --- a ticket's actions ------------------------------------------------------------------

  const drafts = new Map(); // what was typed, by ticket: a change from elsewhere must not erase it

  const notices = new Map(); // what became of the last action, by ticket

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The city's midnight before a day; what is no day the server refuses in words. */
  function midnight(day, { time_zone: zone }) {
    const at = ns.cityInstant(`${day}T00:00:00`, zone);
    return at === null ? day : new Date(at).toISOString();
  }

  // What a form asks for beside reason, department and crew, and how it is sent.
  const FIELDS = {
    into: { input: { type: "text", maxLength: 64 }, sent: (text) => text.trim() },
    hours: { input: { type: "number", min: 0.5, step: 0.5 }, sent: Number },
    until: { input: { type: "date" }, sent: midnight },
    event: { input: { type: "number", min: 1, step: 1 }, sent: Number },
  };

  async function send(props, action, draft) {
    const body = { verb: action.verb, version: props.version };
    if (draft.why) body.why = draft.why.trim();
    if (action.needs.includes("department")) body.department = draft.department;
    if (draft.crew) body.crew = draft.crew;
    if (action.supervised !== undefined) body.supervised = action.supervised;
    if (action.verb === "comment" && draft.audience) body.audience = draft.audience;
    if (action.proposal !== undefined) body.proposal = action.proposal;
    for (const [need, field] of Object.entries(FIELDS)) {
      if (action.needs.includes(need)) body[need] = field.sent(draft[need], props.config);
    }
    const answer = await fetch(`/api/v1/tickets/${encodeURIComponent(props.number)}/actions`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": draft.key },
      body: JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    return { ok: answer.ok, status: answer.status, told };
  }

  function Choice({ label, name, rows, value, empty, onChange }) {
    return e(
      "label",
      null,
      label,
      e(
        "select",
        { name, value: value || "", onChange: (event) => onChange(event.target.value) },
        e("option", { value: "" }, empty),
        rows.map((row) => e("option", { key: row.value, value: row.value }, row.label))
      )
    );
  }

  function ActionForm({ props, action, draft, change, busy, submit, cancel }) {
    const words = props.config.words;
    const typed = action.needs.includes("reason") || action.needs.includes("note");
    const chosenCrews = props.crews.filter((crew) => crew.department === draft.department);
    const wantsCrew = (action.needs.includes("department") && action.verb !== "release") || action.needs.includes("crew");
    const asked = Object.keys(FIELDS).filter((need) => action.needs.includes(need));
    const ready =
      asked.every((need) => draft[need]) &&
      (!typed || (draft.why || "").trim()) &&
      (!action.needs.includes("department") || draft.department) &&
      (!action.needs.includes("crew") || draft.crew);
    return e(
      "form",
      {
        className: "cc-form",
        onSubmit: (event) => {
          event.preventDefault();
          if (ready && !busy) submit();
        },
      },
      action.needs.includes("department") && [
        props.suggestion && e("p", { key: "s", className: "cc-why" }, props.suggestion),
        e(Choice, { key: "d", label: words.department, name: "department", rows: props.departments,
          value: draft.department, empty: words.choose,
          onChange: (department) => change({ department, crew: "" }) }),
      ],
      wantsCrew &&
        e(Choice, { label: words.crew, name: "crew", rows: chosenCrews, value: draft.crew,
          empty: action.needs.includes("crew") ? words.choose : words.crew_later,
          onChange: (crew) => change({ crew }) }),
      asked.map((need) =>
        action.verb === "unlink"
          ? e(Choice, { key: need, label: words[need], name: need, rows: props.events, value: draft[need],
              empty: words.choose, onChange: (value) => change({ [need]: value }) })
          : e(
              "label",
              { key: need },
              words[need],
              e("input", Object.assign({ name: need, required: true, value: draft[need] || "",
                onChange: (event) => change({ [need]: event.target.value }) }, FIELDS[need].input))
            )
      ),
      action.verb === "comment" &&
        e(Choice, { label: words.audience, name: "audience", empty: words.audience_internal, value: draft.audience,
          rows: [{ value: "resident", label: words.audience_resident }], onChange: (audience) => change({ audience }) }),
      typed &&
        e(
          "label",
          null,
          action.needs.includes("reason") ? words.reason : words.note,
          e("textarea", { name: "why", rows: 3, maxLength: 2000, autoFocus: true, required: true,
            value: draft.why || "", onChange: (event) => change({ why: event.target.value }) })
        ),
      e(
        "div",
        { className: "cc-buttons" },
        e("button", { type: "submit", className: "cc-button strong", disabled: !ready || busy },
          ns.fill(words.confirm, { verb: action.label })),
        e("button", { type: "button", className: "cc-button", onClick: cancel }, words.cancel)
      )
    );
  }

  function Actions(props) {
    const React = window.React;
    const { config, number } = props;
    const words = config.words;
    if (!drafts.has(number)) drafts.set(number, { open: null });
    const draft = drafts.get(number);
    const [busy, setBusy] = React.useState(false);
    const [, again] = React.useReducer((n) => n + 1, 0);
    // kept beside the draft: the story is drawn anew after every action
    const notice = notices.get(number);
    const setNotice = (told) => {
      notices.clear();
      if (told) notices.set(number, told);
      again();
    };
    const change = (values) => {
      Object.assign(draft, values);
      again();
    };
    const forget = () => {
      drafts.set(number, { open: null });
      again();
    };
    const action = props.actions.find((one) => one.key === draft.open);
    const submit = async (chosen) => {
      setBusy(true);
      draft.key = draft.key || newKey();
      try {
        const { ok, status, told } = await send(props, chosen, draft);
        if (status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
        draft.key = undefined;
        if (ok) forget();
        setNotice(ok ? { good: true, text: ns.fill(chosen.proposed ? words.proposed : words.done, { verb: chosen.label }) }
          : { good: false, text: told.detail || told.title || words.failed });
        if ((ok || status === 409) && props.setProps) props.setProps({ acted: Date.now() });
      } catch (error) {
        setNotice({ good: false, text: words.not_sent });
      } finally {
        setBusy(false);
      }
    };
    const press = (chosen) => {
      setNotice(null);
      if (!chosen.needs.length) {
        submit(chosen);
        return;
      }
      const suggested = chosen.verb === "dispatch" ? props.suggested || {} : { department: chosen.verb === "assign" ? props.department : "" };
      change(Object.assign({ why: draft.why }, suggested, { open: chosen.key }));
    };
    return e(
      "section",
      { id: props.id, className: "cc-actions", "aria-label": words.actions },
      e(
        "div",
        { className: "cc-buttons" },
        props.actions.map((one) =>
          e(
            "button",
            {
              key: one.key,
              type: "button",
              "data-verb": one.verb,
              disabled: busy,
              "aria-expanded": one.needs.length ? one.key === draft.open : undefined,
              className: `cc-button ${one.main ? "strong" : ""} ${one.key === draft.open ? "open" : ""}`,
              onClick: () => press(one),
            },
            one.label
          )
        ),
        !props.actions.length && e("p", { className: "cc-empty" }, words.no_actions)
      ),
      action && e(ActionForm, { props, action, draft, change, busy, submit: () => submit(action), cancel: forget }),
      e("p", { className: `cc-notice ${notice && !notice.good ? "bad" : ""}`, role: "status" }, notice && notice.text)
    );
  }

  Object.assign(ns, { openThere, furtherTickets, newKey, Mark, Due, Values, TicketList, DeviceList, Actions });
})();
