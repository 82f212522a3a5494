/* What the cells are coloured by: their worst ticket, or another figure; four steps each.
 *
 * What is open is counted here, as it changes; what the evaluation counts is asked of the server,
 * and so is what is open where more is than a wall is told of one by one.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ADDRESS = "/api/v1/cells/figures?figure=";
  const FIGURES = ["worst", "open", "overdue", "on_time", "recurrences"];
  const ASKED = new Set(["on_time", "recurrences"]); // the others are counted here
  const EVALUATED_AGAIN_MS = 120000;
  const OPEN_AGAIN_MS = 15000;
  const FAILED_AGAIN_MS = 5000;

  // From little to much, even in lightness, so that it is read without telling colours apart.
  const STEPS = ["#31608f", "#2a9d8f", "#8fd744", "#fdf06a"];
  // The least of each step; a share counts downwards, because little is bad.
  const BOUNDS = { open: [1, 2, 5, 10], overdue: [1, 2, 4, 8], recurrences: [1, 2, 3, 5] };
  const SHARES = [0.95, 0.8, 0.6]; // at least: the first, the second, the third step

  const e = (...args) => window.React.createElement(...args);

  let figure = "worst";
  let told = new Map(); // cell id -> [value, of], as the server said
  let toldOf = null; // of which figure
  let asking = null;
  let askedAt = -Infinity;
  let shown = new Map(); // cell id -> value, for the tip

  /** The colours of the four steps, from the least to the gravest. */
  function colours() {
    if (figure === "worst") return [1, 2, 3, 4].map((level) => ns.marks.SEVERITY[level].colour);
    return ns.theme.name === "dark" ? STEPS : [...STEPS].reverse();
  }

  function step(value, of) {
    if (figure === "worst") return value;
    if (figure === "on_time") {
      const at = SHARES.findIndex((least) => value / of >= least);
      return at < 0 ? 4 : at + 1;
    }
    return BOUNDS[figure].filter((least) => value >= least).length;
  }

  /** How many more are open than this wall was told of one by one. */
  const leftOut = () => (live.then === null && live.all ? live.all.left_out : 0);

  function counted(tickets) {
    const found = new Map();
    for (const ticket of tickets) {
      if (!ticket.cell_id) continue;
      const before = found.get(ticket.cell_id) || [0, 1];
      if (figure === "worst") found.set(ticket.cell_id, [Math.max(before[0], ticket.severity), 1]);
      else if (figure === "open" || live.overdue(ticket)) found.set(ticket.cell_id, [before[0] + 1, 1]);
    }
    return found;
  }

  async function ask(asked) {
    asking = asked;
    askedAt = performance.now();
    try {
      const answer = await fetch(ADDRESS + asked);
      if (!answer.ok) return;
      const { cells } = await answer.json();
      if (asked !== figure) return;
      told = new Map(Object.entries(cells).map(([id, pair]) => [Number(id), pair]));
      toldOf = asked;
      live.tell("cells");
    } catch (error) {
      // what was told before is shown on; the banner says that the server is away
    } finally {
      if (asking === asked) asking = null;
    }
  }

  /** Asks again when it is time; called every second while a map is open. */
  function refresh() {
    const evaluated = ASKED.has(figure);
    const past = live.then !== null; // of it only what was open is known by cell
    if (past || (!evaluated && !leftOut())) {
      toldOf = null;
      return;
    }
    if (asking === figure) return;
    const fresh = evaluated ? EVALUATED_AGAIN_MS : OPEN_AGAIN_MS;
    if (performance.now() - askedAt > (toldOf === figure ? fresh : FAILED_AGAIN_MS)) ask(figure);
  }

  /** Cell id -> step 1 to 4 of what is to be shown, for the tickets that are on the map. */
  function levels(tickets) {
    const found = toldOf === figure ? told : ASKED.has(figure) ? new Map() : counted(tickets);
    shown = found;
    return new Map([...found].map(([id, [value, of]]) => [id, step(value, of)]));
  }

  /** What a cell's tip says of it. */
  function tip(id, words) {
    const found = shown.get(id);
    if (!found || figure === "worst") return "";
    const [value, of] = found;
    const said = figure === "on_time" ? `${Math.round((100 * value) / of)}% (${value}/${of})` : String(value);
    return `\n${words[`cells_${figure}`]}: ${said}`;
  }

  function choose(wanted) {
    if (!FIGURES.includes(wanted) || wanted === figure) return;
    figure = wanted;
    toldOf = null;
    askedAt = -Infinity;
    live.tell("figure");
  }

  /** The paint of the map's layer of cells. */
  function paint() {
    const level = ["coalesce", ["feature-state", "severity"], 0];
    const [first, second, third, fourth] = colours();
    return {
      "fill-color": ["match", level, 1, first, 2, second, 3, third, 4, fourth, "#8fb4e8"],
      "fill-opacity": [
        "case",
        ["boolean", ["feature-state", "hover"], false], figure === "worst" ? 0.34 : 0.75,
        [">", level, 0], figure === "worst" ? (ns.theme.name === "dark" ? 0.26 : 0.4) : 0.6,
        0,
      ],
    };
  }

  /** What the four steps are called, from the least to the gravest. */
  function names(words) {
    if (figure === "worst") return [1, 2, 3, 4].map((level) => ns.marks.SEVERITY[level].name);
    if (figure === "on_time") {
      const [a, b, c] = SHARES.map((share) => Math.round(share * 100));
      return [`≥ ${a}%`, `${b}–${a}%`, `${c}–${b}%`, `< ${c}%`];
    }
    const bounds = BOUNDS[figure];
    return bounds.map((least, n) => {
      const last = bounds[n + 1] - 1;
      if (n === bounds.length - 1) return `${least}+`;
      return last === least ? String(least) : `${least}–${last}`;
    });
  }

  /** [what it is called, its colour] of each step. */
  const legend = (words) => names(words).map((name, n) => [name, colours()[n]]);

  /** The choice of the figure, and its legend. */
  function CellLegend({ config }) {
    ns.useLive("figure");
    const React = window.React;
    const [, again] = React.useReducer((n) => n + 1, 0);
    React.useEffect(() => {
      again(); // the address may have chosen before this was listening
      return ns.theme.follow(again);
    }, []);
    const { words } = config;
    return e(
      "section",
      { className: "cc-cells-by" },
      e(
        "label",
        null,
        e("span", null, words.cells_by),
        e(
          "select",
          { name: "cells", value: figure, onChange: (event) => choose(event.target.value) },
          FIGURES.map((one) => e("option", { key: one, value: one }, words[`cells_${one}`]))
        )
      ),
      figure !== "worst" && // these have their own legend, with shapes
        e(
          "ul",
          { "aria-label": words.cells_legend },
          legend(words).map(([name, look]) =>
            e("li", { key: name }, e("i", { style: { background: look }, "aria-hidden": true }), name)
          )
        ),
      ASKED.has(figure) && e("p", { className: "cc-note" }, words[`cells_${figure}_note`])
    );
  }

  ns.cells = { choose, levels, paint, tip, refresh, leftOut, legend, current: () => figure, STEPS };
  ns.CellLegend = CellLegend;
})();
