/* The time machine as one sees it: the door to it, the bar with slider and marks, the strip on top. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const past = ns.past;
  const SPANS = ["hour", "day", "week", "month"];
  const HIGH = 34; // of the marks, px
  const THUMB = 16; // how wide the slider's handle is, px (past.css)
  const POINTED_MS = 80; // who rests so long at an instant may be about to go there

  const e = (...args) => window.React.createElement(...args);

  /** On top of the wall, as long as it shows the past: which instant, and the way back. */
  function Strip({ config, words }) {
    const at = live.then === null ? "" : ns.cityTime(live.then, config.time_zone);
    return e(
      "div",
      { className: "cc-not-live", role: "status", "aria-live": past.playing ? "off" : "polite" },
      e("strong", null, words.not_live),
      e("span", { "data-then": live.then }, ns.fill(words.as_known, { at: `${at}` }),
        " · ", ns.dayName(live.then, config.time_zone, config.language)),
      e("button", { type: "button", className: "cc-back-to-live", title: words.back_key, onClick: () => past.back() },
        live.returning ? words.wait : words.back)
    );
  }

  function noticeText(notice, config, words) {
    return ns.fill(words[notice.key], { at: notice.at === null ? "" : ns.cityTime(notice.at, config.time_zone) });
  }

  /** Where something happened: alarms above, tickets below the middle. */
  function Marks({ over }) {
    const rows = past.marks || [];
    const most = Math.max(1, ...rows.map(([, alarms, tickets]) => Math.max(alarms, tickets)));
    const high = (n) => (n ? Math.max(2, (n / most) * (HIGH / 2)) : 0);
    const bar = (kind, slice, n) =>
      n > 0 && e("rect", {
        key: `${kind}${slice}`, className: kind, x: slice + 0.1, width: 0.8, height: high(n),
        y: kind === "alarms" ? HIGH / 2 - high(n) : HIGH / 2,
      });
    return e(
      "svg",
      { className: "cc-past-marks", viewBox: `0 0 ${past.slices} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": true },
      over !== null && e("rect", { className: "over", x: over, y: 0, width: 1, height: HIGH }),
      e("line", { x1: 0, x2: past.slices, y1: HIGH / 2, y2: HIGH / 2 }),
      rows.map(([slice, alarms, tickets]) => [bar("alarms", slice, alarms), bar("tickets", slice, tickets)])
    );
  }

  /** In words: what happened in the slice one points at, else where most of it did. */
  function MarksText({ over, config, words }) {
    if (!past.marks) return e("p", { className: "cc-past-text" }, words.wait);
    if (!past.marks.length) return e("p", { className: "cc-past-text" }, words.quiet);
    const width = past.length / past.slices;
    const clock = (ms) => ns.cityTime(ms, config.time_zone).slice(past.length > 86400000 ? 5 : 11, 16);
    const say = ([slice, alarms, tickets]) => {
      const begin = past.from + slice * width;
      return `${clock(begin)}–${clock(begin + width).slice(-5)} · ${ns.fill(words.alarms, { n: alarms })} · ${ns.fill(words.tickets, { n: tickets })}`;
    };
    if (over !== null) {
      const found = past.marks.find(([slice]) => slice === over) || [over, 0, 0];
      return e("p", { className: "cc-past-text" }, say(found));
    }
    const busiest = past.marks.reduce((a, b) => (b[1] + b[2] > a[1] + a[2] ? b : a));
    return e(
      "p",
      { className: "cc-past-text" },
      e("button", {
        type: "button", className: "cc-past-busiest",
        onClick: () => past.goTo(past.from + (busiest[0] + 1) * width),
      }, ns.fill(words.most, { at: say(busiest) })),
      e("i", { className: "alarms" }), words.legend_alarms,
      e("i", { className: "tickets" }), words.legend_tickets
    );
  }

  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 };

  function Slider({ config, words }) {
    const [over, setOver] = window.React.useState(null);
    const resting = window.React.useRef(null);
    window.React.useEffect(() => () => clearTimeout(resting.current), []);
    const point = (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      const x = event.clientX - box.left;
      const at = Math.floor((x / box.width) * past.slices);
      setOver(at >= 0 && at < past.slices ? at : null);
      clearTimeout(resting.current);
      resting.current = setTimeout(() => past.foresee(past.instant((x - THUMB / 2) / (box.width - THUMB))), POINTED_MS);
    };
    const leave = () => {
      setOver(null);
      clearTimeout(resting.current);
      past.foresee(null);
    };
    const key = (event) => {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      past.move(STEPS[event.key]);
    };
    return e(
      "div",
      { className: "cc-past-slider" },
      e(
        "div",
        { className: "cc-past-track", onPointerMove: point, onPointerLeave: leave },
        e(Marks, { over }),
        e("input", {
          type: "range", id: "past-slider", min: past.from, max: past.until, step: past.grain, value: past.wanted,
          "aria-label": words.slider, "aria-valuetext": ns.cityTime(past.wanted, config.time_zone), onKeyDown: key,
          onChange: (event) => {
            past.pause();
            past.goTo(Number(event.target.value));
          },
        })
      ),
      e("div", { className: "cc-past-ends" },
        e("time", null, ns.cityTime(past.from, config.time_zone).slice(0, 16)),
        e(MarksText, { over, config, words }),
        e("time", null, ns.cityTime(past.until, config.time_zone).slice(0, 16)))
    );
  }

  function button(name, sign, label, onClick, more) {
    return e("button", Object.assign({ type: "button", className: "cc-past-button", "data-past": name,
      "aria-label": label, title: label, onClick }, more), sign);
  }

  function Controls({ config, words }) {
    const step = ns.span(past.step, config.words);
    const [typed, setTyped] = window.React.useState(null);
    const jump = (event) => {
      event.preventDefault();
      const at = typed && ns.cityInstant(typed, config.time_zone);
      setTyped(null);
      if (at) past.goTo(at);
    };
    return e(
      "div",
      { className: "cc-past-controls" },
      button("before", "«", words.before, () => past.turnPage(-1)),
      button("earlier", "‹", ns.fill(words.earlier, { step }), () => past.move(-1)),
      button("play", past.playing ? "❚❚" : "▶", past.playing ? words.pause : words.play, () => past.toggle(),
        { "aria-pressed": Boolean(past.playing) }),
      button("later", "›", ns.fill(words.later, { step }), () => past.move(1)),
      button("after", "»", words.after, () => past.turnPage(1), { disabled: past.until > live.present() }),
      e("select", { "aria-label": words.speed, value: past.speed, onChange: (event) => {
        past.speed = Number(event.target.value);
        live.tell("past");
      } },
        past.speeds.map((ms, n) => e("option", { key: n, value: n }, ns.fill(words.speed_of, { span: ns.span(ms, config.words) })))),
      e("select", { "aria-label": words.span, "data-past": "span", value: past.span, onChange: (event) => past.choose(event.target.value) },
        SPANS.map((span) => e("option", { key: span, value: span }, words[`span_${span}`]))),
      e("form", { onSubmit: jump },
        e("input", { type: "datetime-local", step: 1, "aria-label": ns.fill(words.jump, { zone: config.time_zone }),
          title: ns.fill(words.jump, { zone: config.time_zone }),
          value: typed === null ? ns.cityTime(past.wanted, config.time_zone).replace(" ", "T") : typed,
          max: ns.cityTime(live.present(), config.time_zone).replace(" ", "T"),
          onChange: (event) => setTyped(event.target.value), onBlur: jump })),
      e("span", { className: "cc-past-wait", role: "status" }, past.wanted !== live.then ? words.wait : "")
    );
  }

  /** What is wrong with this instant, if anything is. */
  function Notice({ config, words }) {
    if (past.notice) return e("p", { className: "cc-past-notice", role: "status" }, noticeText(past.notice, config, words));
    const shown = live.then !== null && live.at !== null;
    if (!shown || past.first === undefined || (past.first !== null && live.then >= past.first)) return null;
    if (past.first === null) return e("p", { className: "cc-past-notice", role: "status" }, words.nothing_at_all);
    return e(
      "p",
      { className: "cc-past-notice", role: "status" },
      ns.fill(words.nothing_yet, { at: ns.cityTime(past.first, config.time_zone) }),
      " ",
      e("button", { type: "button", onClick: () => past.goTo(Math.ceil(past.first / 1000) * 1000) }, words.go_first)
    );
  }

  const WRITES = new Set(["INPUT", "TEXTAREA", "SELECT"]);

  /** T opens, L goes back to live, the space bar plays, comma and point step. */
  function keys(event) {
    const target = event.target;
    if (!ns.shortcuts() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (WRITES.has(target.tagName) && target.id !== "past-slider") return;
    const key = event.key.toLowerCase();
    if (past.wanted === null) {
      if (key === "t") past.open();
      return;
    }
    const does = { l: () => past.back(), ",": () => past.move(-1), ".": () => past.move(1) };
    if (key === " " && target.tagName !== "BUTTON" && target.tagName !== "A") does[" "] = () => past.toggle();
    if (!does[key]) return;
    event.preventDefault();
    does[key]();
  }

  function TimeMachine({ id, config, words }) {
    const React = window.React;
    ns.useLive("past", "status");
    React.useEffect(() => {
      document.addEventListener("keydown", keys);
      return () => document.removeEventListener("keydown", keys);
    }, []);
    const isPast = live.then !== null;
    React.useLayoutEffect(() => {
      document.body.classList.toggle("cc-past", isPast);
    }, [isPast]);
    return e(
      "section",
      { id, "aria-label": words.label },
      isPast && e(Strip, { config, words }),
      past.wanted === null
        ? e("div", { className: "cc-past-door" },
            e(Notice, { config, words }),
            !isPast && e("button", { type: "button", className: "cc-past-open", onClick: () => past.open() },
              e("svg", { viewBox: "0 0 24 24", className: "mark", "aria-hidden": true },
                e("path", { d: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5M12 7.5V12l3 2" })),
              words.open))
        : e("div", { className: "cc-past-bar" },
            e(Notice, { config, words }),
            e(Controls, { config, words }),
            e(Slider, { config, words }))
    );
  }

  ns.TimeMachine = TimeMachine;
  if (location.pathname === "/") past.start();
})();
