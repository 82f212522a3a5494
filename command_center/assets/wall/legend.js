/* What the marks on the map say: colours and shapes of severity, pale ones, the rings, the number of several. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const e = (...args) => window.React.createElement(...args);

  /** Open tickets by severity, and how many of the open ones are done and pale; nothing where a wall of
   *  a part of the city is not told of all. */
  function countsOf(config) {
    if (ns.cells.leftOut() && !config.whole) return [{}, null];
    const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
    const all = ns.allOpen(config);
    if (all) return [Object.assign(counts, all.by_severity), all.only_wait];
    let done = 0;
    for (const ticket of live.tickets.values()) {
      if (ns.isDone(ticket)) done += 1;
      else counts[ticket.severity] += 1;
    }
    return [counts, done];
  }

  function Legend({ config }) {
    const [counts, done] = countsOf(config);
    const edge = { borderColor: ns.marks.SEVERITY[3].colour };
    return e(
      "ul",
      { className: "cc-legend", "aria-label": config.words.legend },
      [4, 3, 2, 1].map((severity) =>
        e(
          "li",
          { key: severity },
          ns.marks.severityIcon(severity, null),
          e("span", null, ns.marks.SEVERITY[severity].name),
          e("b", null, counts[severity])
        )
      ),
      e(
        "li",
        { key: "done", className: "cc-legend-done" },
        ns.marks.severityIcon(3, null),
        e("span", null, config.words.legend_done),
        e("b", null, done)
      ),
      e(
        "li",
        { key: "late" },
        e("i", { className: "cc-legend-late", "aria-hidden": true }),
        e("span", null, config.words.legend_late)
      ),
      e(
        "li",
        { key: "new" },
        e("i", { className: "cc-legend-new", "aria-hidden": true, style: edge }),
        e("span", null, config.words.legend_new)
      ),
      e(
        "li",
        { key: "several" },
        e("i", { className: "cc-legend-several", "aria-hidden": true, style: edge }, "3"),
        e("span", null, config.words.legend_several)
      )
    );
  }

  ns.Legend = Legend;
})();
