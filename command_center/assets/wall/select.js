/* What is open at the side: one selection, kept in the page's address, told to the server. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const KINDS = ["ticket", "project", "device", "cell", "layer", "event", "message", "sender", "rule"];
  const NUMBERED = new Set(["device", "cell", "event", "message", "rule"]);
  const AGAIN_MS = 1500; // a story that changes is read again, not more often than this

  /** What the address opens: ?ticket=number, ?device=, ?cell=, ?layer=, ?event=. */
  function readAddress() {
    const query = new URLSearchParams(location.search);
    for (const kind of KINDS) {
      const id = query.get(kind);
      if (id) return { kind, id: NUMBERED.has(kind) ? Number(id) : id };
    }
    return null;
  }

  /** Keeps the open story in the address, beside the filters, so that a link can be sent. */
  function writeAddress(selected) {
    const query = new URLSearchParams(location.search);
    KINDS.forEach((kind) => query.delete(kind));
    if (selected) query.set(selected.kind, selected.id);
    const search = query.size ? `?${query}` : "";
    if (location.search !== search) history.replaceState(history.state, "", location.pathname + search);
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

  function projectVersion(number) {
    for (const project of live.projects.values()) {
      if (project.number === number) return `${project.version}/${project.updated_at}`;
    }
    return "gone";
  }

  function selectedVersion() {
    const selected = live.selected;
    if (selected && selected.kind === "project") return projectVersion(selected.id);
    if (!selected || selected.kind !== "ticket") return null;
    for (const ticket of live.tickets.values()) {
      if (ticket.number === selected.id) return `${ticket.version}/${ticket.updated_at}`;
    }
    return "gone";
  }

  /** Invisible: `clicked` {kind, id, at} is what is open now; it changes when its story does. */
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
        setProps.current({ clicked: Object.assign({ at: Date.now() }, selected) });
      };
      const again = () => {
        if (waiting || !live.selected) return;
        waiting = setTimeout(() => {
          waiting = null;
          tell(live.selected);
        }, AGAIN_MS);
      };
      const ends = [
        live.on("select", (selected) => {
          writeAddress(selected);
          openDrawer(selected);
          tell(selected);
        }),
        live.on("reload", () => live.selected && tell(live.selected)),
        live.on("lists", () => selectedVersion() !== shown && again()),
      ];
      const escape = (event) => {
        if (event.key === "Escape" && live.selected) live.select(null);
      };
      document.addEventListener("keydown", escape);
      ends.push(() => document.removeEventListener("keydown", escape));
      const linked = readAddress();
      if (linked) live.select(linked);
      return () => ends.forEach((end) => end());
    }, []);
    return null;
  }

  ns.Selection = Selection;

  let lastActed = null;
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.cc_wall = {
    closeSide: () => {
      live.select(null);
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
    openRow: (cell) => {
      if (cell && cell.rowId) live.select({ kind: "ticket", id: cell.rowId });
      return clientside.no_update;
    },
  };
})();
