/* Where there is no map: a sentence that says so, and what the map would show as a list. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const MOST = 200;
  const MOST_DEVICES = 40;

  const e = (...args) => window.React.createElement(...args);

  function Loud({ config }) {
    const loud = live.shownDevices().filter((device) => device.level);
    const worst = loud.sort((a, b) => b.level - a.level).slice(0, MOST_DEVICES);
    if (!worst.length) return null;
    return e(
      "section",
      null,
      e("h2", null, config.words.layer_loud, e("b", null, loud.length)),
      e(ns.DeviceList, { config, devices: worst.map((device) => device.id) })
    );
  }

  function NoMap({ config, why }) {
    ns.useLive("lists", "layers");
    const { words } = config;
    const rows = ns.urgentFirst(live.shownTickets());
    return e(
      "div",
      { className: "cc-nomap" },
      e("p", { role: "alert" }, words[why]),
      e(Loud, { config }),
      e("h2", null, words.layer_tickets, e("b", null, ns.countShown(rows.length, config))),
      rows.length
        ? e("ol", { className: "cc-items short" }, rows.slice(0, MOST).map((ticket) => ns.ticketItem(ticket, config)))
        : e("p", { className: "cc-empty" }, words.all_quiet)
    );
  }

  ns.NoMap = NoMap;
})();
