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

  function Chart(props) {
    const React = window.React;
    const box = React.useRef(null);
    React.useEffect(() => {
      let gone = false;
      const figure = props.figure || {};
      load().then((plotly) => {
        if (gone || !box.current) return;
        const config = Object.assign({}, props.config, CONFIG);
        plotly.react(box.current, figure.data || [], figure.layout || {}, config);
      });
      return () => {
        gone = true;
      };
    }, [props.figure]);
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
      role: "img",
      "aria-label": props.label,
    });
  }

  ns.CHART_CONFIG = CONFIG;
  ns.Chart = Chart;
})();
