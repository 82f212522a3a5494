/* The desk's table of tickets, and a small map to choose a place on.
 *
 * Rows come from the server (filtered there, at most some hundreds); sorting, deadlines that run
 * and the keyboard are here.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const e = (...args) => window.React.createElement(...args);

  const COLUMNS = ["severity", "number", "title", "state", "place", "department", "crew", "due", "updated"];

  function compare(column, up) {
    return (a, b) => {
      const one = a[column];
      const other = b[column];
      if (one === other) return a.number < b.number ? -1 : 1;
      if (one === null || one === "") return 1;
      if (other === null || other === "") return -1;
      const order = typeof one === "number" ? one - other : String(one).localeCompare(String(other));
      return up ? order : -order;
    };
  }

  function DueCell({ row, words }) {
    if (!row.open) return null;
    const ticket = { due_at: row.due, yellow_at: row.yellow, state: row.state_code };
    return e(
      "span",
      { className: `cc-due ${live.light(ticket)}` },
      e("i", { className: "cc-light", "aria-hidden": true }),
      ns.due(ticket, live.now(), words)
    );
  }

  function Row({ row, config, chosen, first }) {
    const layer = config.layers.find((one) => one.code === row.layer);
    const open = () => live.select({ kind: "ticket", id: row.number });
    const move = (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const next = step && event.currentTarget[step];
      if (next) next.focus();
      if (event.key === "Enter" || event.key === " ") open();
      if (step || event.key === " ") event.preventDefault();
    };
    return e(
      "tr",
      {
        "data-ticket": row.number,
        className: chosen ? "chosen" : "",
        "aria-selected": chosen,
        tabIndex: chosen || first ? 0 : -1,
        onClick: open,
        onKeyDown: move,
      },
      e(
        "td",
        null,
        ns.marks.severityIcon(row.severity, layer),
        e("span", { className: "cc-sr" }, ns.marks.SEVERITY[row.severity].name)
      ),
      e("td", { className: "number" }, row.number),
      e("td", { className: "title" }, row.title),
      e("td", null, row.state, row.supervised && e("em", { className: "supervised" }, config.words.supervised),
        row.escalated && e("em", { className: "supervised" }, row.escalated),
        row.decisions && e("em", { className: "decide" }, ns.fill(config.words.your_decision, { verbs: row.decisions }))),
      e("td", { className: "place" }, row.place),
      e("td", { className: row.department ? "department" : "none" }, row.department || config.words.nobody_yet),
      e("td", { className: "crew" }, row.crew),
      e("td", null, e(DueCell, { row, words: config.words })),
      e("td", null, ns.fill(config.words.ago, { span: ns.span(live.now() - row.updated, config.words) }))
    );
  }

  function Queue(props) {
    ns.useLive("second", "select");
    const { config, heads } = props;
    ns.marks.useSeverity(config.severity);
    const [order, setOrder] = window.React.useState({ column: null, up: true });
    const rows = [...(props.rows || [])];
    if (order.column) rows.sort(compare(order.column, order.up));
    const chosen = live.selected && live.selected.kind === "ticket" ? live.selected.id : null;
    const sortBy = (column) =>
      setOrder(order.column === column ? { column, up: !order.up } : { column, up: column !== "severity" });
    const sorted = (column) =>
      order.column === column ? (order.up ? "ascending" : "descending") : undefined;
    return e(
      "div",
      { id: props.id, className: "cc-queue" },
      e(
        "table",
        { "aria-label": props.label },
        e(
          "thead",
          null,
          e(
            "tr",
            null,
            COLUMNS.map((column) =>
              e(
                "th",
                { key: column, scope: "col", "aria-sort": sorted(column), className: column },
                e("button", { type: "button", onClick: () => sortBy(column) }, heads[column])
              )
            )
          )
        ),
        e(
          "tbody",
          null,
          rows.map((row, index) =>
            e(Row, { key: row.number, row, config, chosen: row.number === chosen, first: !chosen && index === 0 })
          )
        )
      ),
      props.rows && !rows.length && e("p", { className: "cc-empty" }, props.none)
    );
  }

  /** A small map; a click on it is the place: `place` [lon, lat]; one that is given is shown. */
  function PlacePicker(props) {
    const React = window.React;
    const box = React.useRef(null);
    const setProps = React.useRef(props.setProps);
    setProps.current = props.setProps;
    React.useEffect(() => {
      let map = null;
      let gone = false;
      let marker = null;
      ns.loadMap().then((gl) => {
        if (gone || !gl) return;
        map = new gl.Map({
          container: box.current,
          style: ns.mapStyle(props.config),
          bounds: props.config.bbox,
          attributionControl: false,
          dragRotate: false,
          localIdeographFontFamily: ns.FONT,
          locale: props.config.locale || {},
        });
        if (props.place) {
          marker = new gl.Marker({ color: "#6cb6ff" }).setLngLat(props.place).addTo(map);
          map.jumpTo({ center: props.place, zoom: 14 });
        }
        map.on("click", (event) => {
          const place = [Number(event.lngLat.lng.toFixed(6)), Number(event.lngLat.lat.toFixed(6))];
          marker = marker || new gl.Marker({ color: "#6cb6ff" });
          marker.setLngLat(place).addTo(map);
          setProps.current({ place });
        });
      });
      return () => {
        gone = true;
        if (map) map.remove();
      };
    }, []);
    return e("div", { id: props.id, className: "cc-picker", ref: box });
  }

  Object.assign(ns, { Queue, PlacePicker });

  const clientside = window.dash_clientside.cc_wall;
  /** Keeps the filters in the address, so that a view of the queue can be sent. */
  clientside.keepFilters = (show, layer, department, text) => {
    const query = new URLSearchParams(location.search);
    const wanted = { show, layer, department, q: text };
    for (const [key, value] of Object.entries(wanted)) {
      if (value === null || value === undefined || value === "") query.delete(key);
      else query.set(key, value);
    }
    const search = query.size ? `?${query}` : "";
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
    return window.dash_clientside.no_update;
  };
  clientside.openDialog = (clicks) => {
    const dialog = document.getElementById("hotline");
    if (clicks && dialog) dialog.setAttribute("data-open", "true");
    if (dialog) dialog.querySelector("textarea").focus();
    return window.dash_clientside.no_update;
  };
  clientside.closeDialog = () => {
    document.getElementById("hotline").removeAttribute("data-open");
    return window.dash_clientside.no_update;
  };
})();
