/* One field that finds everything with a number, a name or a code, and opens it.
 *
 * An ARIA combobox with a grouped list: the keys are those of any such field.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const ADDRESS = "/api/v1/search?q=";
  const PAUSE_MS = 160; // who types is not asked about at every letter

  const e = (...args) => window.React.createElement(...args);

  /** Opens what was found: the story at the side, the map there. */
  function open(kind, item) {
    if (kind === "place") {
      live.select(null);
      live.tell("show", { at: item.at, bbox: item.bbox });
    } else live.select({ kind, id: item.id, place: kind === "area" ? undefined : item.at });
  }

  /** Asks the server for what is typed: {groups, said, trouble}. */
  function useFound(text) {
    const React = window.React;
    const [found, setFound] = React.useState({ groups: [], said: "" });
    React.useEffect(() => {
      const said = text.trim();
      if (!said) {
        setFound({ groups: [], said });
        return undefined;
      }
      const asked = new AbortController();
      const ask = async () => {
        try {
          const answer = await fetch(ADDRESS + encodeURIComponent(said), { signal: asked.signal });
          if (!answer.ok) throw new Error(answer.statusText);
          setFound({ groups: (await answer.json()).groups, said });
        } catch (error) {
          if (!asked.signal.aborted) setFound({ groups: [], said, trouble: true });
        }
      };
      const waiting = setTimeout(ask, PAUSE_MS);
      return () => {
        clearTimeout(waiting);
        asked.abort();
      };
    }, [text]);
    return found;
  }

  function markOf(kind, item, layers) {
    if (kind === "ticket") return ns.marks.severityIcon(item.severity, layers.get(item.layer));
    if (kind === "device" && layers.has(item.layer)) return ns.marks.layerIcon(layers.get(item.layer), "mark");
    return e("i", { className: `cc-found-mark ${kind}`, "aria-hidden": true });
  }

  function Option({ id, kind, item, active, config, layers, choose }) {
    return e(
      "li",
      {
        id,
        role: "option",
        "aria-selected": active,
        className: active ? "cc-found active" : "cc-found",
        "data-found": `${kind}:${item.id}`,
        // the field keeps the focus
        onPointerDown: (event) => event.preventDefault(),
        onClick: () => choose({ kind, item }),
      },
      markOf(kind, item, layers),
      e("span", { className: "title" }, item.title[config.language]),
      e("span", { className: "note" }, item.note[config.language])
    );
  }

  function Results({ id, found, flat, active, config, choose }) {
    const layers = new Map(config.layers.map((layer) => [layer.code, layer]));
    const { search } = config;
    let n = 0;
    return e(
      "div",
      { id, role: "listbox", className: "cc-results", "aria-label": search.results },
      found.groups.map(({ kind, items }) =>
        e(
          "ul",
          { key: kind, role: "group", "aria-labelledby": `${id}-${kind}` },
          e("li", { id: `${id}-${kind}`, role: "presentation", className: "head" }, search[`group_${kind}`]),
          items.map((item) => {
            const at = n++;
            const key = `${id}-${at}`;
            return e(Option, { key, id: key, kind, item, active: at === active, config, layers, choose });
          })
        )
      ),
      !flat.length &&
        e(
          "div",
          { role: "option", "aria-disabled": true, "aria-selected": false, className: "none" },
          found.trouble ? search.trouble : ns.fill(search.none, { q: found.said })
        )
    );
  }

  /** Ctrl-K anywhere, and "/" where nothing is typed, lead to the field. */
  function useShortcut(field) {
    window.React.useEffect(() => {
      const listen = (event) => {
        const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
        const slash = ns.shortcuts() && event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
        const k = String(event.key).toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
        if (!slash && !k) return;
        event.preventDefault();
        field.current.focus();
        field.current.select();
      };
      document.addEventListener("keydown", listen);
      return () => document.removeEventListener("keydown", listen);
    }, []);
  }

  function told(found, text, flat, search) {
    if (!text.trim()) return "";
    if (found.said !== text.trim()) return search.searching;
    if (found.trouble) return search.trouble;
    return flat.length ? ns.fill(search.found, { n: flat.length }) : ns.fill(search.none, { q: found.said });
  }

  function Search({ id, config }) {
    const React = window.React;
    const { search } = config;
    const field = React.useRef(null);
    const [text, setText] = React.useState("");
    const [shown, setShown] = React.useState(false);
    const [active, setActive] = React.useState(0);
    const found = useFound(text);
    ns.useLive("screen"); // keys were switched off, or on
    useShortcut(field);
    React.useEffect(() => setActive(0), [found]);
    const flat = found.groups.flatMap(({ kind, items }) => items.map((item) => ({ kind, item })));
    const listed = shown && Boolean(found.said) && Boolean(text.trim());
    const list = `${id}-list`;

    React.useEffect(() => {
      const option = listed && document.getElementById(`${list}-${active}`);
      if (option) option.scrollIntoView({ block: "nearest" });
    }, [active, listed]);

    const choose = ({ kind, item }) => {
      setShown(false);
      open(kind, item);
    };
    const keys = {
      ArrowDown: () => (listed ? setActive((active + 1) % Math.max(1, flat.length)) : setShown(true)),
      ArrowUp: () => setActive((active - 1 + flat.length) % Math.max(1, flat.length)),
      Enter: () => {
        // what is listed is for other words than those just typed: nothing is opened by mistake
        if (listed && flat[active] && found.said === text.trim()) choose(flat[active]);
      },
      Escape: () => {
        if (shown && text) setShown(false);
        else if (text) setText("");
        else field.current.blur();
      },
    };
    const pressed = (event) => {
      const act = !event.nativeEvent.isComposing && keys[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation(); // Escape closes the list, not what is open at the side
      act();
    };
    return e(
      "div",
      { id, className: "cc-search", role: "search" },
      e("input", {
        ref: field,
        type: "text",
        role: "combobox",
        value: text,
        maxLength: 100,
        spellCheck: false,
        autoComplete: "off",
        placeholder: search.hint,
        title: search.key,
        "aria-label": search.label,
        "aria-autocomplete": "list",
        "aria-keyshortcuts": ns.shortcuts() ? "/ Control+K" : "Control+K",
        "aria-expanded": listed,
        "aria-controls": list,
        "aria-activedescendant": listed && flat.length ? `${list}-${active}` : undefined,
        onChange: (event) => {
          setText(event.target.value);
          setShown(true);
        },
        onFocus: () => setShown(true),
        onBlur: () => setShown(false),
        onKeyDown: pressed,
      }),
      ns.shortcuts() && e("kbd", { "aria-hidden": true }, "/"),
      listed && e(Results, { id: list, found, flat, active, config, choose }),
      e("p", { className: "cc-sr", role: "status" }, shown ? told(found, text, flat, search) : "")
    );
  }

  ns.Search = Search;
})();
