/* A chart: plotly (basic bundle), loaded when the first one is shown.
 *
 * The mode bar never offers to send data to anybody; charts never leave the machine.
 */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const SCRIPT = "/assets/vendor/plotly-basic.min.js";
  const CONFIG = {
    showSendToCloud: false,
    displaylogo: false,
    responsive: true,
    scrollZoom: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  };
  const MOST_POINTS = 5000;
  const LABEL_PX = 13; // the library's own labels
  const GROW_EVERY_MS = 2000; // drawing it costs some 50 ms
  let loading = null;

  function load() {
    loading =
      loading ||
      new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = SCRIPT;
        script.onload = () => resolve(window.Plotly);
        script.onerror = () => reject(new Error(SCRIPT));
        document.head.appendChild(script);
      });
    return loading;
  }

  // --- the light theme: figures come in the colours of the dark one -----------------------------

  const LIGHT = { ink: "#3f5167", grid: "#dde5ed", line: "#0b5cab", ground: "#ffffff", text: "#12202f" };

  /** A light colour, dark enough to be read on white. */
  function darker(colour) {
    const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour || "");
    if (!found) return colour;
    const parts = found.slice(1).map((part) => Math.round(parseInt(part, 16) * 0.5));
    return `rgb(${parts.join()})`;
  }

  function inLight({ data, layout }) {
    const axis = (one) => one && Object.assign({}, one, { gridcolor: LIGHT.grid, linecolor: LIGHT.grid, tickcolor: LIGHT.grid });
    const noted = (one) => Object.assign({}, one, { font: Object.assign({}, one.font, { color: darker((one.font || {}).color) }) });
    const lined = (one) => Object.assign({}, one, { line: Object.assign({}, one.line, { color: darker((one.line || {}).color) }) });
    const first = data.map((one, n) => (n || !one.line ? one : Object.assign({}, one, { line: Object.assign({}, one.line, { color: LIGHT.line }) })));
    return {
      data: first,
      layout: Object.assign({}, layout, {
        font: Object.assign({}, layout.font, { color: LIGHT.ink }),
        hoverlabel: { bgcolor: LIGHT.ground, bordercolor: LIGHT.grid, font: { color: LIGHT.text } },
        xaxis: axis(layout.xaxis),
        yaxis: axis(layout.yaxis),
        modebar: { bgcolor: "rgba(0,0,0,0)", color: LIGHT.ink, activecolor: LIGHT.text },
        shapes: (layout.shapes || []).map(lined),
        annotations: (layout.annotations || []).map(noted),
      }),
    };
  }

  /** On a screen that is read from afar: as much larger as all else there. */
  function larger({ data, layout }, scale) {
    const part = (one, name, change) => (one && one[name] ? Object.assign({}, one, { [name]: change(one[name]) }) : one);
    const all = (one) => Object.fromEntries(Object.entries(one).map(([name, size]) => [name, size * scale]));
    const sized = (font) => Object.assign({}, font, { size: (font.size || LABEL_PX) * scale });
    const thick = (one) => part(one, "line", (line) => Object.assign({}, line, { width: (line.width || 0) * scale }));
    let whole = part(part(layout, "height", (height) => height * scale), "margin", all);
    whole = part(part(whole, "font", sized), "hoverlabel", (one) => part(one, "font", sized));
    whole = part(whole, "annotations", (notes) => notes.map((one) => part(one, "font", sized)));
    return { data: data.map(thick), layout: part(whole, "shapes", (lines) => lines.map(thick)) };
  }

  function Chart(props) {
    const React = window.React;
    const box = React.useRef(null);
    const [theme, setTheme] = React.useState(ns.theme.name);
    React.useEffect(() => ns.theme.follow(setTheme), []);
    React.useEffect(() => {
      let gone = false;
      const whole = Object.assign({ data: [], layout: {} }, props.figure);
      const figure = larger(theme === "light" ? inLight(whole) : whole, ns.scale());
      load().then((plotly) => {
        if (gone || !box.current) return;
        const config = Object.assign({}, props.config, CONFIG);
        plotly.react(box.current, figure.data, figure.layout, config);
      });
      return () => {
        gone = true;
      };
    }, [props.figure, theme]);
    React.useEffect(() => {
      if (!props.live) return undefined;
      const { device, metric, offset_ms: offset } = props.live;
      let last = 0;
      const grow = () => {
        const row = ns.live.devices.get(device);
        const value = row && row.values && row.values[metric];
        const drawn = window.Plotly && box.current && box.current.data;
        if (!value || !drawn || value[0] <= last) return;
        if (last) {
          const point = { x: [[new Date(value[0] + offset).toISOString().slice(0, -1)]], y: [[value[1]]] };
          window.Plotly.extendTraces(box.current, point, [0], MOST_POINTS);
        }
        last = value[0];
      };
      const pace = new ns.Pace(GROW_EVERY_MS, grow);
      const end = ns.live.on("values", (measured) => measured.has(device) && pace.want());
      return () => {
        end();
        pace.stop();
      };
    }, [props.figure]);
    React.useEffect(
      () => () => {
        if (window.Plotly && box.current) window.Plotly.purge(box.current);
      },
      []
    );
    return React.createElement("div", {
      id: props.id,
      ref: box,
      className: "cc-chart",
      role: "figure",
      "aria-label": props.label,
    });
  }

  ns.CHART_CONFIG = CONFIG;
  ns.Chart = Chart;
})();
