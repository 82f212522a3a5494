/* The head of every page: clock, health, what is wrong, the language; and the pulse of the desk. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const COMPONENTS = ["database", "broker", "ingest", "dispatch", "web"];

  const e = (...args) => window.React.createElement(...args);

  /** Draws again when one of the topics speaks. */
  function useLive(...topics) {
    const [, again] = window.React.useReducer((n) => n + 1, 0);
    window.React.useEffect(() => {
      const ends = topics.map((topic) => live.on(topic, again));
      return () => ends.forEach((end) => end());
    }, []);
  }

  function Clock(props) {
    useLive("status", "second");
    const { language, time_zone: zone } = props.config;
    const now = live.present(); // of the past tells its own banner
    return e(
      "div",
      { id: props.id, className: "cc-clock" },
      e("time", null, ns.clock(now, zone, language)),
      e("span", null, ns.dayName(now, zone, language))
    );
  }

  function Health(props) {
    useLive("status", "second");
    const { words } = props.config;
    const parts = (live.health && live.health.components) || {};
    return e(
      "ul",
      { id: props.id, className: "cc-health", "aria-label": words.health },
      COMPONENTS.map((name) => {
        const status = live.connection === "lost" ? "unknown" : (parts[name] || {}).status || "unknown";
        return e(
          "li",
          { key: name, className: status, title: `${words[`part_${name}`]}: ${words[`status_${status}`]}` },
          e("i", { "aria-hidden": true }),
          words[`part_${name}`],
          e("span", { className: "cc-sr" }, words[`status_${status}`])
        );
      })
    );
  }

  function trouble(config) {
    const { words, language, time_zone: zone } = config;
    const told = (at) => (at ? ns.moment(at, live.present(), zone, language) : "–");
    const as_of = told(live.at);
    if (live.connection === "lost") return ns.fill(words.banner_lost, { as_of });
    if (!live.health || live.health.status === "ok") return null;
    // the server goes on speaking; what it knows ends where the database did
    const database = (live.health.components || {}).database || {};
    const known = database.status === "down" && database.since ? Date.parse(database.since) : live.at;
    const bad = Object.entries(live.health.components || {})
      .filter(([, part]) => part.status !== "ok")
      .map(([name, part]) => {
        const since = told(part.since && Date.parse(part.since));
        return ns.fill(words.banner_part, {
          part: words[`part_${name}`] || name,
          status: words[`status_${part.status}`] || part.status,
          since,
        });
      });
    return ns.fill(words.banner_health, { parts: bad.join(words.comma), as_of: told(known) });
  }

  /** A clock of this computer that is wrong; what is shown is in the server's time. */
  function clock({ words }) {
    const off = live.clockOff();
    if (!off) return null;
    return ns.fill(words[off > 0 ? "clock_behind" : "clock_ahead"], { span: ns.span(Math.abs(off), words) });
  }

  /** What is wrong with the duties, with the way to it; the figures themselves are not old then. */
  function duties({ words, links }) {
    const n = (live.health && live.health.duties && live.health.duties.alerts) || 0;
    if (!n || !links.duties || location.pathname.startsWith(links.duties)) return null;
    return e("a", { href: links.duties }, ns.fill(words.banner_duties, { n }));
  }

  function Banner(props) {
    useLive("status", "second");
    const text = [trouble(props.config), clock(props.config)].filter(Boolean).join(" ");
    const link = duties(props.config);
    const name = text || link ? "cc-banner shown" : "cc-banner";
    return e("div", { id: props.id, className: name, role: "status", "aria-live": "polite" }, text, text && link ? " " : null, link);
  }

  /** Asks the server to speak another language from now on. */
  async function speak(language) {
    const body = new URLSearchParams({ language, next: "/" });
    await fetch("/language", { method: "POST", body, redirect: "manual" });
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    live.tell("reload"); // the story that is open is read again
  }

  /** The other language, at the same address: the open story stays open. */
  function LanguageSwitch({ id, value, label, here, title, setProps }) {
    const React = window.React;
    React.useEffect(() => {
      if (title) document.title = title;
    }, [title]);
    const submit = (event) => {
      const { next } = event.currentTarget.elements;
      next.value = location.pathname + location.search;
      if (!here || !setProps) return;
      event.preventDefault();
      speak(value).then(() => setProps({ chosen: value }), () => location.reload());
    };
    return e(
      "form",
      { id, method: "post", action: "/language", onSubmit: submit },
      e("input", { type: "hidden", name: "next", defaultValue: "/" }),
      e("button", { type: "submit", name: "language", value, className: "cc-link", lang: value }, label)
    );
  }

  /** For pages with server-made lists: counts up, at most every two seconds, when tickets changed. */
  function Pulse(props) {
    const React = window.React;
    const setProps = React.useRef(props.setProps);
    setProps.current = props.setProps;
    React.useEffect(() => {
      live.start(props.socket);
      let pulses = 0;
      let waiting = null;
      const beat = () => {
        if (waiting) return;
        waiting = setTimeout(() => {
          waiting = null;
          pulses += 1;
          if (setProps.current) setProps.current({ pulses });
        }, props.every || 2000);
      };
      const ends = [
        live.on("changes", (changes) => changes.tickets.length && beat()),
        live.on("snapshot", beat),
      ];
      return () => ends.forEach((end) => end());
    }, []);
    return null;
  }

  Object.assign(ns, { useLive, Clock, Health, Banner, LanguageSwitch, Pulse });
})();
