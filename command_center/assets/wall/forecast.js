/* When the most urgent ticket will be done, as the server foresees it: in time or not. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const AGAIN_MS = 60000; // others of its crew change, and time goes on
  const UNDER_WAY = new Set(["dispatched", "accepted"]);

  const e = (...args) => window.React.createElement(...args);

  async function read(number, signal) {
    const answer = await fetch(`/api/v1/tickets/${number}/forecast`, { signal });
    return answer.ok ? (await answer.json()).forecast : null;
  }

  /** Of a ticket that a crew goes to; nothing while nothing is foreseen. */
  function Forecast({ ticket, config }) {
    const React = window.React;
    const [found, setFound] = React.useState(null);
    const asks = ticket.crew_zh && UNDER_WAY.has(ticket.state) && live.then === null;
    React.useEffect(() => {
      setFound(null);
      if (!asks) return undefined;
      const gone = new AbortController();
      // one that cannot be read now is read in a minute
      const again = () => read(ticket.number, gone.signal).then(setFound, () => {});
      again();
      const timer = setInterval(() => !document.hidden && again(), AGAIN_MS);
      return () => {
        gone.abort();
        clearInterval(timer);
      };
    }, [ticket.number, ticket.version, asks]);
    if (!found) return null;
    const late = found.late_s > 0;
    const span = ns.span(Date.parse(found.done_at) - live.now(), config.words);
    const key = found.due_at === null ? "foreseen" : late ? "foreseen_late" : "foreseen_in_time";
    return e(
      "span",
      { className: `cc-item-forecast ${found.due_at === null ? "" : late ? "late" : "in-time"}` },
      ns.fill(config.words[key], { span })
    );
  }

  ns.Forecast = Forecast;
})();
