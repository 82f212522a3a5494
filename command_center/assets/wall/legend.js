/* What the marks on the map say: colours and shapes of severity, the ring, pale ones, the number of several. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const e = (...args) => window.React.createElement(...args);

  function Legend({ config }) {
    const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
    for (const ticket of live.tickets.values()) counts[ticket.severity] += 1;
    Object.assign(counts, (ns.allOpen(config) || {}).by_severity);
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
        { key: "ring" },
        e("i", { className: "cc-legend-ring", "aria-hidden": true, style: edge }),
        e("span", null, config.words.legend_ring)
      ),
      e(
        "li",
        { key: "done", className: "cc-legend-done" },
        ns.marks.severityIcon(3, null),
        e("span", null, config.words.legend_done)
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
