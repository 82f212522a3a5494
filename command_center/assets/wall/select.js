/* What is open at the side: one selection, kept in the page's address, told to the server. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const KINDS = [
    "ticket", "project", "device", "cell", "layer", "event", "message", "sender", "rule", "component", "household", "box",
    "polygon",
  ];
  const NUMBERED = new Set(["device", "cell", "event", "message", "rule", "household"]);
  const SHAPES = new Set(["box", "polygon"]);
  const AGAIN_MS = 1500; // a story that changes is read again, not more often than this
  const AREA_AGAIN_MS = 5000; // an area has many tickets, one of them always changes
  const THEME_AGAIN_MS = 20000; // sums, trends and means
  const FORECAST_AGAIN_MS = 60000; // what others of the crew changed, and that time went on

  /** What a query opens: ?ticket=number, ?device=, ?cell=, ?layer=, ?event=. */
  function readStory(query) {
    for (const kind of KINDS) {
      const id = query.get(kind);
      if (id) return { kind, id: NUMBERED.has(kind) ? Number(id) : id };
    }
    return null;
  }

  /** The area that a query chooses: ?area=code; null where it is none. */
  function readArea(query) {
    const code = query.get("area") || "";
    return /^(\d{4}|\d{6}|\d{9}|\d{12})$/.test(code) ? code : null;
  }

  /** Keeps the open story in the address, beside the filters, so that a link can be sent. */
  function writeAddress(selected, areas) {
    const query = new URLSearchParams(location.search);
    KINDS.forEach((kind) => query.delete(kind));
    if (areas) {
      query.delete("area");
      if (live.area) query.set("area", live.area);
    }
    if (selected && selected.kind !== "area") query.set(selected.kind, selected.id);
    ns.writeQuery(query);
  }

  let byKey = false;
  let cameFrom = null;
  document.addEventListener("keydown", () => (byKey = true), true);
  document.addEventListener("pointerdown", () => (byKey = false), true);

  /** Opens or closes the drawer; who came by keyboard is taken along, and back. */
  function openDrawer(selected) {
    const drawer = document.getElementById("side");
    if (!drawer) return;
    const was = drawer.classList.contains("open");
    drawer.classList.toggle("open", Boolean(selected));
    if (selected && byKey && !drawer.contains(document.activeElement)) {
      cameFrom = document.activeElement;
      drawer.tabIndex = -1;
      drawer.focus();
    }
    if (!selected && was && cameFrom && cameFrom.isConnected) cameFrom.focus();
    if (!selected) cameFrom = null;
  }

  const READ_WITHIN_MS = 1000; // the map waits no longer for a story
  let reading = Promise.resolve();

  /** Resolves in the task after the frame that shows the story which was just asked for. */
  function drawnStory() {
    const story = document.getElementById("story");
    if (!story) return Promise.resolve();
    return new Promise((resolve) => {
      const enough = () => {
        watch.disconnect();
        clearTimeout(timer);
        ns.framed().then(resolve);
      };
      const watch = new MutationObserver(enough);
      const timer = setTimeout(enough, READ_WITHIN_MS);
      watch.observe(story, { childList: true, subtree: true });
    });
  }

  /** Resolves when what was opened in this task, or before it, can be read. */
  ns.storyShown = async () => {
    await null; // an area is chosen before its story is opened
    await reading;
  };

  function projectVersion(number) {
    for (const project of live.projects.values()) {
      if (project.number === number) return `${project.version}/${project.updated_at}`;
    }
    return "gone";
  }

  /** An area is another one when a ticket in it is: how many there are, and how often changed. */
  function areaVersion(code) {
    const area = ns.areas.get(code);
    const inside = area ? [...live.tickets.values()].filter((t) => t.areas.includes(area.id)) : [];
    return `${inside.length}/${inside.reduce((sum, ticket) => sum + ticket.version, 0)}`;
  }

  /** A story of the past is another one at another instant. */
  function selectedVersion() {
    return live.then === null ? presentVersion() : `${live.then}`;
  }

  function presentVersion() {
    const selected = live.selected;
    if (selected && selected.kind === "project") return projectVersion(selected.id);
    if (selected && selected.kind === "area") return areaVersion(selected.id);
    if (!selected || selected.kind !== "ticket") return null;
    for (const ticket of live.tickets.values()) {
      if (ticket.number === selected.id) return `${ticket.version}/${ticket.updated_at}`;
    }
    return "gone";
  }

  /** Invisible: `clicked` {kind, id, at} is what is open now; it changes when its story does.
   *  With `areas`, the address also chooses an area; elsewhere `area` may be a filter of the page. */
  function Selection(props) {
    const React = window.React;
    const setProps = React.useRef(props.setProps);
    setProps.current = props.setProps;
    React.useEffect(() => {
      if (props.socket !== "none") live.start(props.socket);
      let shown = null;
      let waiting = null;
      const tell = (selected) => {
        shown = selectedVersion();
        const then = live.then === null ? {} : { then: new Date(live.then).toISOString() };
        // of what is open in a shape, what the map shows
        const off = selected && SHAPES.has(selected.kind) && live.hidden.size ? { off: [...live.hidden] } : {};
        setProps.current({ clicked: Object.assign({ at: Date.now() }, then, off, selected) });
      };
      const again = () => {
        if (waiting || !live.selected) return;
        const patience = live.selected.kind === "area" ? AREA_AGAIN_MS : AGAIN_MS;
        waiting = setTimeout(() => {
          waiting = null;
          if (live.selected) tell(live.selected);
        }, patience);
      };
      const ends = [
        live.on("select", (selected) => {
          writeAddress(selected, props.areas);
          openDrawer(selected);
          reading = selected ? drawnStory() : Promise.resolve();
          tell(selected);
        }),
        live.on("reload", () => live.selected && tell(live.selected)),
        live.on("layers", () => live.selected && SHAPES.has(live.selected.kind) && ns.cells.leftOut() && again()),
        live.on("lists", () => selectedVersion() !== shown && again()),
      ];
      // what a view of a layer shows goes on by time, whether or not a list changed
      const theme = setInterval(() => {
        const open = live.selected && live.selected.kind === "layer" && document.querySelector(".cc-theme");
        if (open && !document.hidden) tell(live.selected);
      }, THEME_AGAIN_MS);
      const forecast = setInterval(() => {
        if (live.selected && !document.hidden && document.querySelector("[data-forecast]")) tell(live.selected);
      }, FORECAST_AGAIN_MS);
      ends.push(() => clearInterval(theme), () => clearInterval(forecast));
      const escape = (event) => {
        if (event.key === "Escape" && live.selected) live.close();
      };
      document.addEventListener("keydown", escape);
      ends.push(() => document.removeEventListener("keydown", escape));
      const query = new URLSearchParams(location.search);
      const area = props.areas ? readArea(query) : null;
      if (area) live.choose(area);
      const linked = readStory(query) || (area && { kind: "area", id: area });
      if (linked) live.select(linked);
      return () => ends.forEach((end) => end());
    }, []);
    return null;
  }

  /** What a query of the wall opens, and the area that it lies in. */
  ns.readSelected = function (query) {
    const area = readArea(query);
    live.choose(area);
    return readStory(query) || (area && { kind: "area", id: area });
  };
  ns.Selection = Selection;

  let lastActed = null;
  let lastVersion; // none yet
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.cc_wall = {
    closeSide: () => {
      live.close();
      return clientside.no_update;
    },
    // called for every story that is drawn, too: only an action of its own reads it again
    reloadStory: (acted) => {
      if (acted && acted !== lastActed) {
        lastActed = acted;
        live.tell("reload");
      }
      return clientside.no_update;
    },
    // who chooses another version sees all of it, not the rule of the one before
    otherVersion: (version) => {
      if (lastVersion !== undefined && version !== lastVersion) live.close();
      lastVersion = version;
      return clientside.no_update;
    },
    openRow: (cell) => {
      if (cell && cell.rowId) live.select({ kind: "ticket", id: cell.rowId });
      return clientside.no_update;
    },
  };
})();
