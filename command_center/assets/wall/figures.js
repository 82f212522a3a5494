/* The few figures that matter now, each a link to the tickets behind it. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const FIGURES = ["open", "overdue", "needs_decision", "closed_today", "on_time"];
  const TONES = { overdue: "bad", needs_decision: "warn" };

  const e = (...args) => window.React.createElement(...args);

  /** What can be counted here is counted here: it agrees with the lists, and time passes.
   * Where more is open than a wall is told of one by one, the server's own count is shown: of who
   * sees a part of the city, that of the part. */
  function countFigures(config) {
    const told = Object.assign({}, (live.figures || {}).tickets, live.figures);
    const tickets = [...live.tickets.values()];
    const counted = ns.cells.leftOut() ? (config.whole ? told : live.all) : {
      open: tickets.length,
      overdue: tickets.filter((ticket) => live.overdue(ticket)).length,
      needs_decision: tickets.filter(ns.needsDecision).length,
    };
    return {
      open: counted.open,
      overdue: counted.overdue,
      needs_decision: counted.needs_decision,
      closed_today: told.closed_today,
      on_time: typeof told.on_time === "number" ? Math.round(told.on_time * 100) + "%" : "–",
    };
  }

  // --- the trend -------------------------------------------------------------------------------

  const TREND = "/api/v1/figures/trend";
  const TREND_AGAIN_MS = 300000;
  const HOUR_MS = 3600000;
  const POINTS = 48;
  const OF_ALL = new Set(["closed_today", "on_time"]); // the city's, whoever looks

  let trend = null;
  let askedAt = -Infinity;

  /** The last day of all figures, every five minutes. */
  async function askTrend() {
    if (performance.now() - askedAt < TREND_AGAIN_MS) return;
    askedAt = performance.now();
    try {
      const answer = await fetch(TREND);
      if (answer.ok) trend = await answer.json();
    } catch (error) {
      // the one of before stays
    }
  }

  /** [[ms, value], ...] of a figure, thinned out; null where too little is known. */
  function pointsOf(name, config) {
    if (!trend || live.then !== null || !(config.whole || OF_ALL.has(name))) return null;
    const known = trend.at.map((at, n) => [at, trend[name][n]]).filter(([, value]) => value !== null);
    const every = Math.max(1, Math.ceil(known.length / POINTS));
    const points = known.filter((_, n) => (known.length - 1 - n) % every === 0);
    return points.length > 1 ? points : null;
  }

  const said = (name, value) => (name === "on_time" ? `${Math.round(value * 100)}%` : String(value));

  /** A line of the last 24 hours, and in words what the figure was an hour and a day ago. */
  function Trend({ points, name, words }) {
    const values = points.map(([, value]) => value);
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    const [begins] = points[0];
    const wide = points[points.length - 1][0] - begins || 1;
    const path = points.map(([at, v]) => `${(100 * (at - begins)) / wide},${15 - (14 * (v - low)) / span}`);
    return e(
      "span",
      { className: "trend", "data-trend": name },
      e(
        "svg",
        { viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": true, focusable: false },
        e("polyline", { points: path.join(" ") })
      ),
      e("span", { className: "cc-sr" }, told(points, name, words))
    );
  }

  function told(points, name, words) {
    const hourAgo = live.now() - HOUR_MS;
    const before = points.reduce((best, one) => (Math.abs(one[0] - hourAgo) < Math.abs(best[0] - hourAgo) ? one : best));
    const values = points.map(([, value]) => value);
    return ns.fill(words.trend, {
      hour: said(name, before[1]),
      least: said(name, Math.min(...values)),
      most: said(name, Math.max(...values)),
    });
  }

  function Figure({ name, value, config }) {
    const { words } = config;
    // who sees a part of the city: some figures are of all of it all the same, and say so; the
    // tickets behind them are not theirs to see
    const wider = OF_ALL.has(name) && !config.whole;
    const links = wider ? {} : ns.links(config);
    const shown = value === undefined || value === null ? "–" : String(value);
    const points = pointsOf(name, config);
    const body = [
      e("b", { key: "b", "data-figure": name }, shown),
      e("span", { key: "s" }, words[wider ? `figure_${name}_city` : `figure_${name}`]),
      points && e(Trend, { key: "t", points, name, words }),
    ];
    const tone = value ? TONES[name] || "" : "";
    const common = { className: `cc-figure ${tone}`, title: wider ? "" : hint(name, points, words) };
    return e("li", null, links[name] ? e("a", { ...common, href: links[name] }, body) : e("div", common, body));
  }

  const hint = (name, points, words) =>
    [words[`figure_${name}_hint`], points && told(points, name, words)].filter(Boolean).join("\n");

  function Figures({ id, config }) {
    ns.useLive("lists", "second");
    window.React.useEffect(() => {
      askTrend();
      return live.on("second", askTrend);
    }, []);
    const figures = live.at === null ? {} : countFigures(config);
    return e(
      "ul",
      { id, className: "cc-figures", "aria-label": config.words.figures },
      FIGURES.map((name) => e(Figure, { key: name, name, value: figures[name], config }))
    );
  }

  ns.Figures = Figures;
})();
