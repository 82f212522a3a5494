/* Messages that were put aside: have them decoded once more, or set them aside as seen. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  function SeenForm({ words, count, close, send }) {
    const [why, setWhy] = window.React.useState("");
    const submit = (event) => {
      event.preventDefault();
      if (why.trim()) send(why.trim());
    };
    return e(
      ns.Dialog,
      { id: "seen", title: words.seen_one, close },
      e("p", null, ns.fill(words.seen_ask, { n: count })),
      e(
        "form",
        { className: "cc-device-form", onSubmit: submit },
        e("label", { className: "cc-field" }, e("span", null, words.why),
          e("textarea", { name: "why", rows: 3, maxLength: 500, required: true, value: why, onChange: (event) => setWhy(event.target.value) })),
        e("div", { className: "cc-buttons" },
          e("button", { type: "submit", className: "cc-button strong", disabled: !why.trim() }, words.confirm),
          e("button", { type: "button", className: "cc-button", onClick: close }, words.cancel))
      )
    );
  }

  /** `chosen` {protocol, reason, device, message, newest}; `one`: it is about a single message. */
  function MessageActions(props) {
    const React = window.React;
    const { words, chosen, count, one } = props;
    const [asking, setAsking] = React.useState(false);
    const [notice, setNotice] = React.useState({ good: true, text: "" });
    const [busy, setBusy] = React.useState(false);
    const post = async (path, more, told_) => {
      setBusy(true);
      try {
        const { ok, told } = await ns.postJson(path, Object.assign({}, chosen, more));
        setNotice({ good: ok, text: ok ? told_(told) : told.detail || words.failed });
        if (ok) props.setProps({ acted: Date.now() });
      } catch (error) {
        setNotice({ good: false, text: words.not_sent });
      } finally {
        setBusy(false);
      }
    };
    const seen = (why) => {
      setAsking(false);
      post("/api/v1/quarantine/seen", { why }, (told) => ns.fill(words.set_aside, { n: told.messages }));
    };
    return e(
      "section",
      { id: props.id, className: "cc-actions" },
      e("div", { className: "cc-buttons" },
        e("button", { type: "button", "data-act": "replay", className: "cc-button strong", disabled: busy || !count,
          onClick: () => post("/api/v1/quarantine/replays", {}, () => words.asked) }, one ? words.replay_one : words.replay),
        e("button", { type: "button", "data-act": "seen", className: "cc-button", disabled: busy || !count,
          onClick: () => setAsking(true) }, one ? words.seen_one : words.seen)),
      e("p", { className: `cc-notice ${notice.good ? "" : "bad"}`, role: "status" }, notice.text),
      asking && e(SeenForm, { words, count, close: () => setAsking(false), send: seen })
    );
  }

  Object.assign(ns, { MessageActions });
})();
