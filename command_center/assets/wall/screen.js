/* The wall as one has set it up: start view, saved views, the presentation that shows them in turn.
 *
 * A view is the query of an address (view.js, select.js): what a link says is what is saved.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ADDRESS = "/api/v1/screen";
  const MOST_VIEWS = 20;
  const PAUSE_MS = 60000; // who touches the wall has it for so long
  const LOAD_AGAIN_MS = 10000;
  const PRESENT = "present";

  const e = (...args) => window.React.createElement(...args);

  const SHORTCUTS = "cc_shortcuts";
  let shortcuts = ns.kept.read(SHORTCUTS, "on") !== "off";

  /** Whether single keys do something: who speaks to the computer, or hits keys by chance, has them off. */
  ns.shortcuts = () => shortcuts;

  function switchShortcuts(on) {
    shortcuts = on;
    ns.kept.write(SHORTCUTS, on ? "on" : "off");
    live.tell("screen");
  }

  const screen = { kept: null, presenting: false, next: 0, at: -Infinity, touchedAt: -Infinity, askedAt: -Infinity };

  /** The present view as a query. */
  function present() {
    const query = new URLSearchParams(location.search);
    query.delete(PRESENT);
    query.delete("household"); // nobody's data stands there by itself
    const text = query.toString().replaceAll("%2C", ",");
    return text ? `?${text}` : "";
  }

  let saving = Promise.resolve();

  /** Keeps what `change` makes of what is kept: another computer may have changed it meanwhile. */
  function save(change) {
    saving = saving.then(async () => {
      try {
        const known = await fetch(ADDRESS);
        if (!known.ok) return false;
        const kept = await known.json();
        const answer = await fetch(ADDRESS, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(Object.assign({}, kept, change(kept))),
        });
        if (!answer.ok) return false;
        screen.kept = await answer.json();
        live.tell("screen");
        return true;
      } catch (error) {
        return false;
      }
    });
    return saving;
  }

  async function load() {
    screen.askedAt = performance.now();
    try {
      const answer = await fetch(ADDRESS);
      if (!answer.ok) return;
      screen.kept = await answer.json();
    } catch (error) {
      return; // the wall is as it always is until it can be asked again
    }
    const { theme, start } = screen.kept;
    if (theme && !ns.theme.kept()) ns.theme.wear(theme); // what was chosen at this very screen stays
    if (start && !screen.addressed && screen.touchedAt < 0) show(start);
    if (new URLSearchParams(location.search).has(PRESENT)) startPresenting();
    live.tell("screen");
  }

  function eachSecond() {
    if (!screen.kept && performance.now() - screen.askedAt > LOAD_AGAIN_MS) load();
    turn();
  }

  /** Shows a view, as its link would, without loading the page anew. */
  function show(query) {
    const wanted = new URLSearchParams(query);
    const known = [...ns.layerCodes(), "other"];
    const off = new Set((wanted.get("off") || "").split(",").filter((code) => known.includes(code)));
    known.forEach((code) => off.has(code) !== live.hidden.has(code) && live.toggleLayer(code));
    ns.cells.choose(wanted.get("cells") || "worst");
    const at = ns.readAt(wanted);
    const opened = ns.readSelected(wanted);
    if (ns.city) ns.city.linked = at ? { story: opened, area: live.area } : {};
    live.select(opened);
    if (!at) return;
    // a place is the middle of the whole map, whatever the panels cover
    if (ns.city) ns.city.map.jumpTo(Object.assign({ padding: { top: 0, right: 0, bottom: 0, left: 0 } }, at));
    else if (ns.view) ns.view.at = at; // the map is still to come
  }

  // --- the presentation ------------------------------------------------------------------------

  function startPresenting() {
    if (!screen.kept || !screen.kept.views.length) return;
    Object.assign(screen, { presenting: true, next: 0, at: -Infinity, touchedAt: -Infinity });
    turn();
    live.tell("screen");
  }

  function stopPresenting() {
    screen.presenting = false;
    live.tell("screen");
  }

  /** The next view, when its time has come and nobody is using the wall. */
  function turn() {
    const now = performance.now();
    if (!screen.presenting || now - screen.touchedAt < PAUSE_MS) return;
    const { views, every_s: every } = screen.kept;
    if (!views.length) return stopPresenting();
    if (now - screen.at < every * 1000) return undefined;
    const view = views[screen.next % views.length];
    screen.shown = view.name;
    screen.next += 1;
    screen.at = now;
    show(view.query);
    live.tell("screen");
    return undefined;
  }

  for (const gesture of ["pointerdown", "wheel", "keydown"]) {
    document.addEventListener(gesture, (event) => {
      screen.touchedAt = performance.now();
      if (screen.presenting && event.key === "Escape") stopPresenting();
    }, { capture: true, passive: true });
  }

  // --- the menu --------------------------------------------------------------------------------

  const SIGN = "M3 4h18v12H3zM9 20h6M12 16v4";

  function Views({ words, said }) {
    const React = window.React;
    const [name, setName] = React.useState("");
    const { views } = screen.kept;
    const add = (event) => {
      event.preventDefault();
      const named = name.trim();
      if (!named || views.length >= MOST_VIEWS) return;
      const view = { name: named, query: present() };
      save((kept) => ({ views: [...kept.views.filter((one) => one.name !== named), view] })).then(said);
      setName("");
    };
    return [
      e("h2", { key: "h" }, words.views),
      e(
        "ul",
        { key: "v" },
        views.map((view) =>
          e(
            "li",
            { key: view.name },
            e("button", { type: "button", className: "name", onClick: () => show(view.query) }, view.name),
            e(
              "button",
              {
                type: "button",
                className: "cc-link",
                "aria-label": ns.fill(words.view_forget, { name: view.name }),
                onClick: () => save((kept) => ({ views: kept.views.filter((one) => one.name !== view.name) })).then(said),
              },
              "×"
            )
          )
        )
      ),
      e(
        "form",
        { key: "f", onSubmit: add },
        e("input", {
          type: "text", name: "view", maxLength: 60, value: name, placeholder: words.view_name,
          "aria-label": words.view_name, onChange: (event) => setName(event.target.value),
        }),
        e("button", { type: "submit", className: "cc-button", disabled: !name.trim() }, words.view_save)
      ),
    ];
  }

  function Presentation({ words, said }) {
    const { every_s: every, views } = screen.kept;
    return e(
      "div",
      { className: "turns" },
      e(
        "label",
        null,
        words.present_every,
        e("input", {
          type: "number", name: "every", min: 5, max: 3600, defaultValue: every,
          onChange: (event) => {
            const wanted = Number(event.target.value);
            if (wanted >= 5 && wanted <= 3600) save(() => ({ every_s: Math.round(wanted) })).then(said);
          },
        })
      ),
      e(
        "button",
        {
          type: "button",
          className: "cc-button",
          disabled: !views.length,
          onClick: () => (screen.presenting ? stopPresenting() : startPresenting()),
        },
        words[screen.presenting ? "present_stop" : "present_start"]
      )
    );
  }

  function Menu({ words, config }) {
    const React = window.React;
    const [notice, setNotice] = React.useState("");
    const said = (good) => setNotice(words[good ? "screen_saved" : "screen_failed"]);
    if (!screen.kept) return e("p", { className: "cc-note" }, words.screen_failed);
    const start = () => {
      const chosen = { start: present(), theme: ns.theme.name };
      save(() => chosen).then(said);
    };
    return [
      e("button", { key: "s", type: "button", className: "cc-button", name: "start", onClick: start }, words.screen_start),
      e(Views, { key: "v", words, said }),
      e(Presentation, { key: "p", words, said }),
      e(
        "div",
        { key: "o", className: "outs" },
        e("button", { type: "button", className: "cc-button", name: "png", onClick: () => setNotice(ns.savePicture(config) ? "" : words.picture_none) }, words.picture),
        e("button", { type: "button", className: "cc-button", name: "print", onClick: () => window.print() }, words.print),
        e("button", { type: "button", className: "cc-button", name: "full", onClick: whole }, words.full_screen)
      ),
      e("label", { key: "k", className: "keys" },
        e("input", { type: "checkbox", name: "shortcuts", checked: shortcuts, onChange: (event) => switchShortcuts(event.target.checked) }),
        words.shortcuts),
      e("p", { key: "n", className: "cc-notice", role: "status" }, notice),
    ];
  }

  function whole() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  function ScreenMenu({ id, config }) {
    const React = window.React;
    ns.useLive("screen");
    const [open, setOpen] = React.useState(false);
    const box = React.useRef(null);
    const { words } = config;
    React.useEffect(() => {
      load();
      return live.on("second", eachSecond);
    }, []);
    React.useEffect(() => {
      if (!open) return undefined;
      const outside = (event) => box.current && !box.current.contains(event.target) && setOpen(false);
      document.addEventListener("pointerdown", outside);
      return () => document.removeEventListener("pointerdown", outside);
    }, [open]);
    const close = (event) => {
      if (event.key !== "Escape" || !open) return;
      event.stopPropagation();
      event.nativeEvent.stopImmediatePropagation();
      setOpen(false);
      box.current.querySelector("button").focus();
    };
    return e(
      "div",
      { id, ref: box, className: "cc-screen", onKeyDown: close },
      e(
        "button",
        {
          type: "button", className: "cc-tool", title: words.screen, "aria-label": words.screen,
          "aria-expanded": open, onClick: () => setOpen(!open),
        },
        ns.marks.svg({}, e("path", { d: SIGN, fill: "none", stroke: "currentColor", strokeWidth: 2.2 }))
      ),
      open && e("div", { className: "cc-screen-menu", role: "group", "aria-label": words.screen }, e(Menu, { words, config })),
      screen.presenting &&
        e("p", { className: "cc-presenting", role: "status" },
          ns.fill(words.presenting, { name: screen.shown || "" }),
          e("button", { type: "button", className: "cc-button", onClick: stopPresenting }, words.present_stop))
    );
  }

  // what the link said when the page was opened goes before what is saved
  screen.addressed = [...new URLSearchParams(location.search).keys()].some((name) => name !== PRESENT);
  Object.assign(ns, { ScreenMenu, showView: show, presenting: () => screen.presenting });
})();
