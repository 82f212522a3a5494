/* Words, numbers and times as the page shows them; the city's zone, the reader's language. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});

  /** `row.name_zh` or `row.name_en`, whichever the reader wants and the row has. */
  ns.pick = function (row, field, language) {
    const other = language === "zh" ? "en" : "zh";
    return row[`${field}_${language}`] || row[`${field}_${other}`] || "";
  };

  /** Replaces {name} in a sentence of the catalogue. */
  ns.fill = function (sentence, values) {
    return (sentence || "").replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));
  };

  /** The metric a device is known by: the first of its layer that it has measured. */
  ns.mainMetric = function (layer, device) {
    const values = device.values || {};
    const order = (layer && layer.metrics) || [];
    return order.find((metric) => values[metric]) || Object.keys(values)[0] || null;
  };

  ns.valueText = function (metrics, metric, value) {
    if (value === null || value === undefined) return "–";
    const known = (metrics || {})[metric] || {};
    const size = Math.abs(value);
    const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
    return `${Number(value).toFixed(digits)}${known.unit ? " " + known.unit : ""}`;
  };

  const formats = new Map();
  function format(language, options) {
    const key = language + JSON.stringify(options);
    if (!formats.has(key)) {
      formats.set(key, new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", options));
    }
    return formats.get(key);
  }

  ns.clock = (ms, zone, language) =>
    format(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(ms);

  ns.hourMinute = (ms, zone, language) =>
    format(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);

  ns.dayName = (ms, zone, language) =>
    format(language, { timeZone: zone, year: "numeric", month: "long", day: "numeric", weekday: "long" }).format(ms);

  /** The clock's time of a moment; of another day than now's, with its date. */
  ns.moment = function (at, now, zone, language) {
    const [day, today] = [at, now].map((ms) => ns.cityTime(ms, zone).slice(0, 10));
    return `${day === today ? "" : `${day} `}${ns.clock(at, zone, language)}`;
  };

  /** "2026-11-28 16:00:00" as a clock of the zone says it. */
  ns.cityTime = function (ms, zone) {
    const parts = {};
    format("en", {
      timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
      minute: "2-digit", second: "2-digit", hourCycle: "h23",
    }).formatToParts(ms).forEach(({ type, value }) => (parts[type] = value));
    return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
  };

  /** What a clock of the zone says ("2026-11-28T16:00"), as an instant; null for what no clock says. */
  ns.cityInstant = function (text, zone) {
    const naive = Date.parse(`${text}Z`);
    if (Number.isNaN(naive)) return null;
    const behind = (at) => Date.parse(`${ns.cityTime(at, zone).replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
    // twice: the zone's hour may change between the guess and the answer
    const guess = naive - behind(naive);
    return naive - behind(guess);
  };

  /** A span in at most two units: "3 h 05 min", "42 s". */
  ns.span = function (ms, words) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    const days = Math.floor(hours / 24);
    const say = (key, values) => ns.fill(words[key], values);
    if (days >= 2) return say("span_days", { d: days, h: hours - days * 24 });
    if (hours >= 1) return say("span_hours", { h: hours, m: minutes % 60 });
    if (minutes >= 2) return say("span_minutes", { m: minutes });
    return say("span_seconds", { s: seconds });
  };

  /** "32 min to finish" ("left", where no `state` says what for), "1 h 05 min late", or that no
   *  clock runs. */
  ns.due = function (ticket, now, words) {
    const next = ticket.state ? words[`due_in_${ticket.state}`] : words.due_in;
    if (!ticket.due_at || !next) return words.no_clock;
    const left = ticket.due_at - now;
    return left >= 0
      ? ns.fill(next, { span: ns.span(left, words) })
      : ns.fill(words.late_by, { span: ns.span(-left, words) });
  };

  /** States in which nobody works on a ticket any more, as its crew says. */
  const DONE = (ns.DONE = new Set(["disposed", "verified"]));

  /** Groups of urgency: critical, late, serious, soon late, the rest; last what is done and waits. */
  function rank(ticket) {
    const light = ns.live.light(ticket);
    const done = DONE.has(ticket.state);
    if (ticket.severity === 4) return 0;
    if (light === "red") return 1;
    if (ticket.severity === 3 && !done) return 2;
    if (light === "yellow") return 3;
    return done ? 5 : 4;
  }

  /** Whether nobody works on a ticket any more: done, its check not late, and not critical. */
  ns.isDone = (ticket) => DONE.has(ticket.state) && ticket.severity < 4 && !ns.live.overdue(ticket);

  /** Whether a ticket stands in the last group: done in time, it only waits to be verified or closed. */
  ns.onlyWaits = (ticket) => rank(ticket) === 5;

  /** The most urgent first: by rank, then what waits for a decision, severity, deadline. */
  ns.urgentFirst = function (tickets) {
    // what a comparison asks is asked once of each: thousands are sorted every second
    const keyed = tickets.map((ticket) => {
      return { ticket, rank: rank(ticket), decision: Number(ns.needsDecision(ticket)), due: ticket.due_at || Infinity };
    });
    keyed.sort(
      (a, b) =>
        a.rank - b.rank ||
        b.decision - a.decision ||
        b.ticket.severity - a.ticket.severity ||
        (a.due === b.due ? 0 : a.due - b.due) ||
        a.ticket.id - b.ticket.id
    );
    return keyed.map(({ ticket }) => ticket);
  };
})();
