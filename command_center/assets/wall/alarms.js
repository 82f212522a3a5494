/* Alarms: what is grave, new and in nobody's hands yet; with a sound for who switched it on.
 *
 * An alarm that was raised here ends when it is acknowledged here (kept in this browser) or when somebody accepts the
 * ticket. What was told long after it happened sounds no siren: nobody needs to run any more.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const GRAVE = 3;
  const ALARM_FOR_MS = 30 * 60000; // what is older when the wall is opened is no alarm any more
  const AGAIN_MS = 20000; // so often it sounds while anything is unacknowledged
  const MOST = 3;
  const SOUND = "cc_alarm_sound";
  const SEEN = "cc_alarms_seen";
  const SEEN_FOR_MS = 86400000;
  const IN_NOBODYS_HANDS = new Set(["reported", "filed", "dispatched"]);

  const e = (...args) => window.React.createElement(...args);

  function read(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(key)) || otherwise;
    } catch (error) {
      return otherwise;
    }
  }

  function write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch (error) {
      // it holds until the page is left
    }
  }

  const state = {
    sound: read(SOUND, false) === true, seen: read(SEEN, {}), raised: new Set(), sounded: 0, context: null, at: -Infinity,
  };

  /** The unacknowledged alarms, the gravest and latest first. */
  function open() {
    const now = live.now();
    // of every layer: one that is switched off for a better view must not silence its alarms
    return [...live.tickets.values()]
      .filter((t) => t.severity >= GRAVE && IN_NOBODYS_HANDS.has(t.state))
      .filter((t) => state.raised.has(t.number) || (now - t.created_at < ALARM_FOR_MS && ns.toldInTime(t)))
      .filter((t) => !state.seen[t.number])
      .sort((a, b) => b.severity - a.severity || b.created_at - a.created_at);
  }

  function acknowledge(tickets) {
    const now = Date.now();
    const open = new Set([...live.tickets.values()].map((ticket) => ticket.number));
    const kept = Object.entries(read(SEEN, {})).filter(([number, at]) => open.has(number) || now - at < SEEN_FOR_MS);
    state.seen = Object.fromEntries([...kept, ...tickets.map((ticket) => [ticket.number, now])]);
    write(SEEN, state.seen);
    live.tell("alarms");
  }

  // --- the sound -----------------------------------------------------------------------------

  function context() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!state.context && Context) state.context = new Context();
    return state.context;
  }

  /** Two tones for what is serious, twice that for what is critical. */
  function play(severity) {
    const audio = context();
    if (!audio || audio.state !== "running") return false;
    for (let n = 0; n < (severity >= 4 ? 4 : 2); n += 1) {
      const begins = audio.currentTime + n * 0.28;
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      tone.frequency.value = n % 2 ? 660 : 880;
      loudness.gain.setValueAtTime(0.0001, begins);
      loudness.gain.exponentialRampToValueAtTime(0.25, begins + 0.03);
      loudness.gain.exponentialRampToValueAtTime(0.0001, begins + 0.25);
      tone.connect(loudness).connect(audio.destination);
      tone.start(begins);
      tone.stop(begins + 0.26);
    }
    state.sounded += 1;
    return true;
  }

  /** Sounds for a new alarm at once, for old ones again and again until they are acknowledged. */
  function sound(alarms, fresh) {
    if (!state.sound || !alarms.length) return;
    if (!fresh && performance.now() - state.at < AGAIN_MS) return;
    if (play(alarms[0].severity)) state.at = performance.now();
  }

  function switchSound(on) {
    state.sound = on;
    write(SOUND, on);
    const audio = on && context(); // made by a click, so the browser lets it sound
    if (audio) audio.resume().then(() => live.tell("alarms"), () => {});
    live.tell("alarms");
  }

  // a browser lets a page sound after its first click or key only
  for (const gesture of ["pointerdown", "keydown"]) {
    document.addEventListener(gesture, () => state.sound && context() && context().resume().catch(() => {}), true);
  }

  window.addEventListener("storage", (event) => {
    if (event.key === SEEN) state.seen = read(SEEN, {});
    if (event.key === SOUND) state.sound = read(SOUND, false) === true;
    if (event.key === SEEN || event.key === SOUND) live.tell("alarms");
  });

  // --- what is seen --------------------------------------------------------------------------

  const BELL = "M12 2a6 6 0 0 0-6 6v5l-2 3v1h16v-1l-2-3V8a6 6 0 0 0-6-6zM9.5 19a2.5 2.5 0 0 0 5 0z";

  function Switch({ words }) {
    const on = state.sound;
    return e(
      "button",
      {
        type: "button",
        className: on ? "cc-bell on" : "cc-bell",
        role: "switch",
        "aria-checked": on,
        "aria-label": `${words.alarm_sound}: ${words[on ? "alarm_on" : "alarm_off"]}`,
        title: words[on ? "alarm_sound_on" : "alarm_sound_off"],
        onClick: () => switchSound(!on),
      },
      e("span", { "aria-hidden": true }, words[on ? "alarm_on" : "alarm_off"]),
      ns.marks.svg(
        {},
        e("path", { d: BELL, fill: "currentColor" }),
        !on && e("path", { d: "M3 3l18 18", stroke: "currentColor", strokeWidth: 2.4 })
      )
    );
  }

  function Alarm({ ticket, config }) {
    const { words, language } = config;
    const layer = config.layers.find((one) => one.code === ticket.layer);
    const title = ns.pick(ticket, "title", language);
    return e(
      "li",
      null,
      ns.marks.severityIcon(ticket.severity, layer),
      e(
        "button",
        { type: "button", className: "title", onClick: () => live.select({ kind: "ticket", id: ticket.number }) },
        title
      ),
      e(
        "button",
        {
          type: "button",
          className: "seen",
          "data-acknowledge": ticket.number,
          "aria-label": `${words.acknowledge}: ${title}`,
          onClick: () => acknowledge([ticket]),
        },
        words.acknowledge
      )
    );
  }

  function Alarms({ id, config }) {
    const React = window.React;
    ns.useLive("lists", "alarms", "second");
    const { words } = config;
    const alarms = live.at === null || live.then !== null ? [] : open(); // the past is quiet
    React.useEffect(() => {
      const fresh = alarms.some((ticket) => !state.raised.has(ticket.number));
      if (live.at !== null && live.then === null) state.raised = new Set(alarms.map((ticket) => ticket.number));
      sound(alarms, fresh);
    });
    const silent = state.sound && alarms.length > 0 && state.context && state.context.state !== "running";
    return e(
      "section",
      { id, className: alarms.length ? "cc-alarms some" : "cc-alarms", "aria-label": words.alarms },
      e("h2", null, words.alarms, e("b", null, alarms.length), e(Switch, { words })),
      e(
        "div",
        { role: "status", "aria-live": "assertive", className: "cc-sr" },
        alarms.length ? ns.fill(words.alarms_said, { n: alarms.length, title: ns.pick(alarms[0], "title", config.language) }) : ""
      ),
      silent && e("p", { className: "cc-note" }, words.alarm_blocked),
      alarms.length > 0 &&
        e("ul", null, alarms.slice(0, MOST).map((ticket) => e(Alarm, { key: ticket.number, ticket, config }))),
      alarms.length > 1 &&
        e(
          "button",
          { type: "button", className: "cc-link", onClick: () => acknowledge(alarms) },
          ns.fill(words.acknowledge_all, { n: alarms.length })
        )
    );
  }

  Object.assign(ns, { Alarms, kept: { read, write }, alarms: { state, open, switchSound } });
})();
