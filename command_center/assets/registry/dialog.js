/* What the registry's forms share: a dialog, sending JSON, copying a text. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const e = (...args) => window.React.createElement(...args);

  const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex='0']";

  /** A dialog over the page: Escape closes it, Tab stays inside, focus goes back afterwards. */
  function Dialog({ id, title, children, close, wide }) {
    const React = window.React;
    const box = React.useRef(null);
    React.useEffect(() => {
      const before = document.activeElement;
      const first = box.current.querySelector("[autofocus], input, select, textarea, button");
      if (first) first.focus();
      return () => before && before.isConnected && before.focus();
    }, []);
    const keys = (event) => {
      if (event.key === "Escape" && close) {
        event.stopPropagation();
        event.nativeEvent.stopImmediatePropagation();
        close();
      }
      if (event.key !== "Tab") return;
      const all = [...box.current.querySelectorAll(FOCUSABLE)].filter((one) => one.offsetParent);
      const ends = event.shiftKey ? [all[0], all[all.length - 1]] : [all[all.length - 1], all[0]];
      if (document.activeElement === ends[0] && ends[1]) {
        ends[1].focus();
        event.preventDefault();
      }
    };
    const dialog = e(
      "div",
      { id, className: "cc-dialog", "data-open": true, role: "dialog", "aria-modal": true,
        "aria-labelledby": `${id}-title`, onKeyDown: keys },
      e("div", { ref: box, className: wide ? "wide" : undefined },
        e("h2", { id: `${id}-title` }, title), children)
    );
    // beside the page's columns, inside of its colours
    return window.ReactDOM.createPortal(dialog, document.querySelector(".cc-page"));
  }

  async function answerOf(request) {
    const answer = await request;
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 401) {
      location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    }
    return { ok: answer.ok, status: answer.status, told };
  }

  /** Sends JSON; {ok, status, told}. Throws when there is no network. With a key it may come again. */
  function postJson(path, body, key) {
    const headers = { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) };
    return answerOf(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
  }

  /** Sends a form with a file; {ok, status, told}. */
  function postForm(path, form, key) {
    const headers = key ? { "Idempotency-Key": key } : {};
    return answerOf(fetch(path, { method: "POST", headers, body: form }));
  }

  /** A text in a box with a button that copies it. */
  function Copyable({ text, words, label }) {
    const React = window.React;
    const [copied, setCopied] = React.useState(false);
    const field = React.useRef(null);
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch (error) {
        // not on a plain http address: select it, and let the browser's own command copy
        const range = document.createRange();
        range.selectNodeContents(field.current);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    };
    return e(
      "div",
      { className: "cc-copyable" },
      e("span", null, label),
      e("code", { ref: field, tabIndex: 0, "aria-label": label }, text),
      e("button", { type: "button", className: "cc-button", onClick: copy, "aria-label": `${words.secret_copy}: ${label}` },
        copied ? words.secret_copied : words.secret_copy)
    );
  }

  Object.assign(ns, { Dialog, postJson, postForm, Copyable });
})();
