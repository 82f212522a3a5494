/* The city map: a Dash component around MapLibre GL JS.
 *
 * Its marks come from the live connection (mapdata.js), never from callbacks.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;

  const VENDOR = "/assets/vendor/";
  const FIGURES_WITHIN_MS = 2500; // the map waits no longer for them
  const MADE_AGAIN_MS = 1000; // after the graphics were taken away; twice as long after each failure
  const MADE_AGAIN_AT_LAST_MS = 60000;
  const NEAREST = 16; // nothing is shown nearer by itself

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function supported() {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
    } catch (error) {
      return false;
    }
  }

  /** Resolves when the first snapshot is on the screen, or late: figures and lists come before the
   *  map, whose first frames keep a slow machine busy for seconds. */
  function figuresShown() {
    return new Promise((resolve) => {
      const shown = () => {
        end();
        clearTimeout(timer);
        ns.framed().then(resolve);
      };
      const end = live.on("snapshot", shown);
      const timer = setTimeout(shown, live.at === null ? FIGURES_WITHIN_MS : 0);
    });
  }

  function styleSheet() {
    if (document.getElementById("maplibre-css")) return;
    const link = document.createElement("link");
    link.id = "maplibre-css";
    link.rel = "stylesheet";
    link.href = VENDOR + "maplibre-gl.css";
    document.head.appendChild(link);
  }

  /** The library, once; null where the browser has no WebGL. */
  ns.loadMap = async function () {
    if (!supported()) return null;
    styleSheet();
    return import(VENDOR + "maplibre-gl.mjs");
  };

  class CityMap {
    constructor(gl, box, config, view) {
      this.gl = gl;
      this.box = box;
      this.config = config;
      this.view = view;
      // who sent a link chose the view: what was open in it does not move the map
      this.linked = view.at ? { story: live.selected, area: live.area } : {};
      this.ends = [];
      this.outlined = "null"; // the outline that is drawn
      this.going = null; // the move that waits for a story to be read first
      this.gone = false;
      this.map = this.makeMap();
      this.frames = new ns.Frames(this.map);
      // marks come with the ground, not after all of it
      this.map.once("style.load", () => this.ready());
      this.map.once("load", () => this.frames.shown().then(() => (this.box.dataset.ready = "true")));
    }

    makeMap() {
      const whole = { bounds: this.config.bbox, fitBoundsOptions: { padding: this.padding() } };
      const map = new this.gl.Map({
        container: this.box,
        style: ns.mapStyle(this.config),
        ...(this.view.at || whole),
        minZoom: 8,
        maxZoom: 19,
        attributionControl: false,
        dragRotate: false,
        boxZoom: false, // a box with Shift selects
        pitchWithRotate: false,
        touchPitch: false,
        fadeDuration: 0,
        localIdeographFontFamily: ns.FONT,
        locale: this.config.locale || {},
      });
      map.touchZoomRotate.disableRotation();
      map.keyboard.disableRotation();
      map.addControl(new this.gl.NavigationControl({ showCompass: false }), "bottom-left");
      map.addControl(new this.gl.ScaleControl({ maxWidth: 120 }), "bottom-left");
      map.getCanvas().setAttribute("aria-label", this.config.words.map);
      return map;
    }

    /** How much of the map the panels cover, px. */
    padding() {
      const box = this.box.getBoundingClientRect();
      const of = (selector, edge) => {
        const panel = document.querySelector(selector);
        return panel && panel.offsetParent !== null ? edge(panel.getBoundingClientRect()) : 0;
      };
      const side = (rect) => (rect.width > box.width * 0.7 ? 0 : box.right - rect.left);
      return {
        top: of(".cc-figures", (rect) => rect.bottom) + 10,
        left: of(".cc-left:not(.folded)", (rect) => rect.right) + 10,
        right: Math.max(of(".cc-right", side), of(".cc-drawer.open", side)) + 10,
        bottom: of(".cc-past-bar", (rect) => box.bottom - rect.top) + 20,
      };
    }

    ready() {
      ns.addMarks(this.map, this.config);
      this.marks = new ns.LiveMarks(this.map, this.config);
      this.groups = new ns.Groups(this.map, () => this.marks.noteGroups());
      this.marks.groups = this.groups;
      this.pulses = new ns.Pulses(this.gl, this.map, () => live.shownTickets());
      this.pointer = new ns.Pointer(this);
      this.listen();
      if (live.selected) this.showSelected(live.selected);
      this.showHere();
      this.area = new ns.ChosenArea(this);
      this.boxes = new ns.BoxSelect(this);
      this.overlay = new ns.Overlay(this);
      this.polygons = new ns.PolygonSelect(this);
    }

    listen() {
      const { marks, pulses } = this;
      marks.onTickets = () => pulses.show(true);
      this.ends = [
        live.on("snapshot", () => {
          this.frames.hurry();
          marks.fill();
        }),
        live.on("changes", (changes) => marks.note(changes)),
        live.on("values", () => marks.noteValues()),
        live.on("layers", () => marks.fill()),
        live.on("cells", () => marks.fill()),
        live.on("figure", () => {
          this.repaint();
          marks.fill();
        }),
        ns.theme.follow(() => this.repaint()),
        live.on("select", (selected) => this.showSelected(selected)),
        live.on("here", () => this.showHere()),
        live.on("show", ({ at, bbox }) => {
          this.mark(at, 0);
          this.fit(bbox);
        }),
        this.view.follow(this.map),
        live.on("second", () => {
          ns.cells.refresh();
          this.groups.refresh();
          marks.passTime();
          pulses.show(false);
        }),
      ];
      this.map.on("movestart", () => (this.going = null)); // who moves it meanwhile knows better
      this.map.on("moveend", () => {
        live.tell("moved");
        this.frames.shown().then(() => this.gone || pulses.show(true)); // marks may have joined, or parted
        marks.moved();
        this.groups.moved();
      });
    }

    /** Says everything on the map in the language that its configuration has now. */
    respeak() {
      if (!this.marks) return; // not drawn yet: it will be, in this language
      for (const { id, layout } of ns.mapStyle(this.config).layers) {
        const text = (layout || {})["text-field"];
        if (text) this.map.setLayoutProperty(id, "text-field", text);
      }
      this.map.getCanvas().setAttribute("aria-label", this.config.words.map);
      for (const way of ["In", "Out"]) {
        const button = this.box.querySelector(`.maplibregl-ctrl-zoom-${way.toLowerCase()}`);
        button.title = this.config.locale[`NavigationControl.Zoom${way}`];
        button.setAttribute("aria-label", button.title);
      }
      ns.renameMarks(this.map, this.config);
      this.boxes.respeak();
      this.polygons.respeak();
      this.marks.fill();
    }

    repaint() {
      ns.repaint(this.map, this.config);
    }

    destroy() {
      this.gone = true;
      delete this.box.dataset.ready;
      this.ends.forEach((end) => end());
      if (this.area) this.area.end();
      if (this.boxes) this.boxes.end();
      if (this.overlay) this.overlay.end();
      if (this.polygons) this.polygons.end();
      if (this.marks) this.marks.stop();
      this.map.remove();
      this.box.replaceChildren(); // tips and hints among it
      this.box.classList.remove("cc-drawing");
    }

    // --- selection -----------------------------------------------------------------------

    showSelected(selected) {
      const shown = ns.storyShown();
      if (selected) this.frames.giveWay(shown);
      else this.frames.pause();
      shown.then(() => this.showHere());
      this.mark(null);
      const place = selected && this.placeOf(selected);
      if (!place) return;
      this.mark(place, selected.kind === "ticket" ? -ns.MARK_RISE : 0);
      this.bring(place);
    }

    /** The story knows where it stands, when nothing on the map did; and what its cell looks like:
     *  without a story there is no outline. */
    showHere() {
      if (this.gone) return;
      const { selected } = live;
      const here = selected && ns.here && ns.here.of === `${selected.kind}:${selected.id}` ? ns.here : null;
      const outline = (here && here.outline) || null;
      const text = JSON.stringify(outline); // a story that is read again brings another one that is equal
      if (text !== this.outlined) {
        this.outlined = text;
        const features = outline ? [{ type: "Feature", geometry: outline, properties: {} }] : [];
        this.map.getSource("cell-selected").setData({ type: "FeatureCollection", features });
      }
      if (!here || this.focus) return;
      this.mark(here.at, 0);
      this.bring(here.at);
    }

    /** A ring around a place, `rise` pixels off; null takes it away. */
    mark(place, rise) {
      if (this.focus) this.focus.remove();
      this.focus = null;
      if (!place) return;
      const element = document.createElement("div");
      element.className = "cc-focus";
      element.setAttribute("aria-hidden", "true");
      this.focus = new this.gl.Marker({ element, offset: [0, rise] }).setLngLat(place).addTo(this.map);
    }

    placeOf(selected) {
      if (selected.place) return selected.place;
      let row = null;
      if (selected.kind === "device") row = live.devices.get(selected.id);
      if (selected.kind === "project") {
        row = [...live.projects.values()].find((project) => project.number === selected.id);
      }
      if (selected.kind === "ticket") {
        row = [...live.tickets.values()].find((ticket) => ticket.number === selected.id);
      }
      return row ? [row.lon, row.lat] : null;
    }

    /** Moves to a place that cannot be seen, or only from far. */
    bring(place) {
      if (live.selected && live.selected === this.linked.story) return;
      this.later(() => {
        const padding = this.padding();
        const at = this.map.project(place);
        const wide = this.box.clientWidth - padding.right - 40;
        const high = this.box.clientHeight - 60;
        const seen = at.x > padding.left + 40 && at.x < wide && at.y > padding.top + 40 && at.y < high;
        const near = this.map.getZoom();
        if (seen && near > 12.4 + ns.nearer) return;
        this.move({ center: place, zoom: Math.max(near, 13.6 + ns.nearer), padding });
      });
    }

    /** Shows an extent whole: west, south, east, north. */
    fit([west, south, east, north]) {
      const [a, b] = [[west, north], [east, south]].map((at) => this.gl.MercatorCoordinate.fromLngLat(at));
      const center = new this.gl.MercatorCoordinate((a.x + b.x) / 2, (a.y + b.y) / 2).toLngLat();
      const room = (all, ...taken) => Math.max(80, taken.reduce((left, one) => left - one, all)) / 512;
      this.later(() => {
        const padding = this.padding();
        const wide = room(this.box.clientWidth, padding.left, padding.right) / Math.max(b.x - a.x, 1e-9);
        const high = room(this.box.clientHeight, padding.top, padding.bottom) / Math.max(b.y - a.y, 1e-9);
        this.move({ center, zoom: Math.min(NEAREST, Math.log2(Math.min(wide, high)) - 0.1), padding });
      });
    }

    /** Moves when the story that was just opened can be read: the frames of a map that moves take
     *  long where no graphics card helps. Of several wishes the last one counts, and none whose
     *  story was closed meanwhile. */
    async later(move) {
      this.going = move;
      const story = live.selected;
      await ns.storyShown();
      if (this.going === move && !this.gone && live.selected === story) move();
    }

    move(view) {
      // a map that is not there yet does not travel: it would ask for all that lies on its way
      if (calm() || !this.box.dataset.ready) this.map.jumpTo(view);
      else this.map.easeTo(Object.assign({ duration: 700 }, view));
    }
  }

  function Component(props) {
    const React = window.React;
    const box = React.useRef(null);
    const [trouble, setTrouble] = React.useState(null);
    const config = React.useRef(Object.assign({}, props.config)).current;
    React.useEffect(() => {
      if (config.language === props.config.language) return;
      Object.assign(config, props.config); // whoever holds it speaks the other language
      if (ns.city) ns.city.respeak();
    }, [props.config]);
    React.useEffect(() => {
      let city = null;
      let gone = false;
      ns.marks.useSeverity(props.config.severity);
      live.start(props.config.socket);
      const view = (ns.view = new ns.View(props.config.layers));
      const make = (gl) => {
        city = ns.city = new CityMap(gl, box.current, config, view);
        // the browser takes the graphics away after a crash of theirs, or a long sleep: all that
        // they were given is lost, so the map is made anew where it stood
        city.map.once("webglcontextlost", () => setTimeout(() => {
          if (gone) return;
          view.at = { center: ns.middleOf(city.map), zoom: city.map.getZoom() };
          city.destroy();
          city = ns.city = null;
          again(gl, MADE_AGAIN_MS);
        }));
      };
      const again = (gl, wait) => setTimeout(() => {
        if (gone) return;
        try {
          make(gl);
          setTrouble(null);
        } catch (error) {
          setTrouble("map_failed"); // they are not back yet
          again(gl, Math.min(2 * wait, MADE_AGAIN_AT_LAST_MS));
        }
      }, wait);
      // not loaded, or a WebGL that only pretends
      ns.loadMap().then(async (gl) => {
        if (gl) await figuresShown();
        if (!gl) setTrouble("no_webgl");
        else if (!gone) make(gl);
      }).catch(() => setTrouble("map_failed"));
      return () => {
        gone = true;
        if (city) city.destroy();
      };
    }, []);
    return React.createElement(
      "div",
      { id: props.id, className: "cc-map" },
      React.createElement("div", { ref: box, className: "cc-map-canvas" }),
      trouble && React.createElement(ns.NoMap, { config: props.config, why: trouble })
    );
  }

  ns.CityMap = Component;
})();
