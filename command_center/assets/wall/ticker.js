/* The last events, and what has become of them. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const SHOWN = 24;
  const OVER = new Set(["closed", "declined", "merged"]);

  const e = (...args) => window.React.createElement(...args);

  function openEvent(event) {
    if (event.ticket) live.select({ kind: "ticket", id: event.ticket });
    else if (event.device) live.select({ kind: "device", id: event.device });
    else live.select({ kind: "event", id: event.id, place: [event.lon, event.lat] });
  }

  /** What happened last; what other systems handed over from the past is no news. */
  function lastEvents() {
    return live.events
      .filter((event) => event.source !== "import")
      .sort((a, b) => b.at - a.at)
      .slice(0, SHOWN);
  }

  /** What an event is now: [what is said, whether nobody works on it any more]. Of an end (recovered,
   *  withdrawn) that it is one; else how its ticket stands. */
  function outcome(event, config) {
    const state = event.ticket_state;
    const ends = event.change === "cleared" || event.change === "withdrawn";
    if (ends || !state) return [config.words[`change_${event.change}`] || "", ends];
    return [config.states[state], OVER.has(state) || ns.DONE.has(state)];
  }

  function Ticker(props) {
    ns.useLive("lists");
    const { config } = props;
    const { words, language, time_zone: zone } = config;
    const layers = new Map(config.layers.map((layer) => [layer.code, layer]));
    return e(
      "section",
      { id: props.id, className: "cc-ticker", "aria-label": words.events },
      e("h2", null, words.events),
      e(
        "ol",
        { "aria-live": "off" },
        lastEvents().map((event) => {
          const [said, over] = outcome(event, config);
          return e(
            "li",
            { key: event.id, className: over ? "over" : "" },
            e(
              "button",
              { type: "button", onClick: () => openEvent(event) },
              e("time", null, ns.moment(event.at, live.now(), zone, language)),
              ns.marks.severityIcon(event.severity, layers.get(event.layer)),
              e("span", { className: "title" }, ns.pick(event, "title", language)),
              e("span", { className: `change ${event.change}` }, said),
              event.late && e("span", { className: "change late" }, words.told_late)
            )
          );
        })
      )
    );
  }

  ns.Ticker = Ticker;
})();
