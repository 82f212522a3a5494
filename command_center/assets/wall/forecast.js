/* When the most urgent ticket will be done, as the server foresees it: in time or not. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const AGAIN_MS = 60000; // others of its crew change, and time goes on
  const CHANGED_MS = 1500; // a ticket that changes is asked for again, not more often than this
  const UNDER_WAY = new Set(["dispatched", "accepted"]);

  const e = (...args) => window.React.createElement(...args);

  /** Of a ticket that a crew goes to; nothing while nothing is foreseen. */
  function Forecast({ ticket, config }) {
    const React = window.React;
    const [told, setTold] = React.useState({ number: null, found: null });
    const asks = Boolean(ticket.crew_zh && UNDER_WAY.has(ticket.state) && live.then === null);
    const found = asks && told.number === ticket.number ? told.found : null;
    React.useEffect(() => {
      if (!asks) return undefined;
      const { number } = ticket;
      const gone = new AbortController();
      const again = async () => {
        try {
          const answer = await fetch(`/api/v1/tickets/${number}/forecast`, { signal: gone.signal });
          if (answer.ok) setTold({ number, found: (await answer.json()).forecast });
        } catch (error) {
          // what was known before stays
        }
      };
      const soon = setTimeout(again, told.number === number ? CHANGED_MS : 0);
      const timer = setInterval(() => !document.hidden && again(), AGAIN_MS);
      return () => {
        gone.abort();
        clearTimeout(soon);
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
