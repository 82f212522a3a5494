/* A table of the registry: made on the server, page by page; a row opens at the side. */
(function () {
  "use strict";
  const ns = (window.cc_wall = window.cc_wall || {});
  const live = ns.live;
  const e = (...args) => window.React.createElement(...args);

  const TYPING_MS = 400;

  function Cell({ cell }) {
    const text = [
      cell.mark && e(window.React.Fragment, { key: "mark" }, ns.marks.stageIcon(cell.mark, cell.mark.sign, cell.mark.late)),
      cell.dot && e("i", { key: "dot", className: `cc-dot ${cell.dot}`, "aria-hidden": true }),
      e("span", { key: "text", className: cell.code ? "code" : undefined }, cell.text),
      cell.sub && e("small", { key: "sub" }, cell.sub),
    ];
    const name = [cell.strong && "strong", cell.tone].filter(Boolean).join(" ");
    return e("td", { className: name || undefined }, text);
  }

  function Row({ row, kind, chosen, first }) {
    const open = () => live.select({ kind, id: row.id });
    const move = (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const next = step && event.currentTarget[step];
      if (next) next.focus();
      if (event.key === "Enter" || event.key === " ") open();
      if (step || event.key === " ") event.preventDefault();
    };
    return e(
      "tr",
      {
        "data-row": row.id,
        className: chosen ? "chosen" : "",
        "aria-selected": chosen,
        tabIndex: chosen || first ? 0 : -1,
        onClick: open,
        onKeyDown: move,
      },
      row.cells.map((cell, index) => e(Cell, { key: index, cell }))
    );
  }

  /** `cursor` {list, at} is the page that was turned to; the way back is remembered here. */
  function Rows(props) {
    ns.useLive("select");
    const React = window.React;
    const way = React.useRef({ list: null, back: [] });
    if (way.current.list !== props.list) way.current = { list: props.list, back: [] };
    const rows = props.rows || [];
    const selected = live.selected && live.selected.kind === props.kind ? live.selected.id : null;
    const here = props.cursor && props.cursor.list === props.list ? props.cursor.at : null;
    const turn = (at) => props.setProps({ cursor: { list: props.list, at } });
    const forward = () => {
      way.current.back.push(here);
      turn(props.next);
    };
    return e(
      "div",
      { id: props.id, className: "cc-rows" },
      e(
        "div",
        { className: "cc-queue" },
        e(
          "table",
          { "aria-label": props.label },
          e("thead", null, e("tr", null, props.heads.map((head) => e("th", { key: head, scope: "col" }, head)))),
          e(
            "tbody",
            null,
            rows.map((row, index) =>
              e(Row, { key: row.id, row, kind: props.kind, chosen: row.id === selected, first: !selected && index === 0 })
            )
          )
        ),
        props.rows && !rows.length && e("p", { className: "cc-empty" }, props.none)
      ),
      (way.current.back.length > 0 || props.next) &&
        e(
          "div",
          { className: "cc-pager" },
          e("button", { type: "button", className: "cc-button", disabled: !way.current.back.length,
            onClick: () => turn(way.current.back.pop()) }, props.back),
          e("button", { type: "button", className: "cc-button", disabled: !props.next, onClick: forward }, props.forward)
        )
    );
  }

  /** A plain choice: `value` of `options` [{value, label}], or null for `empty`. */
  function Pick({ id, options, value, empty, setProps }) {
    return e(
      "select",
      { id, value: value || "", onChange: (event) => setProps({ value: event.target.value || null }) },
      e("option", { value: "" }, empty),
      options.map((one) => e("option", { key: one.value, value: one.value }, one.label))
    );
  }

  /** One of a few: `value` of `options` [{value, label}], as chips. */
  function Chips({ id, options, value, label, setProps }) {
    const box = (one) =>
      e("label", { key: one.value },
        e("input", { type: "radio", name: id, value: one.value, checked: value === one.value,
          onChange: () => setProps({ value: one.value }) }), one.label);
    return e("div", { id, className: "cc-chips", role: "radiogroup", "aria-label": label }, options.map(box));
  }

  /** A field to search with: `value` follows when typing pauses. */
  function Find({ id, value, hint, longest, setProps }) {
    const React = window.React;
    const [text, setText] = React.useState(value || "");
    const waiting = React.useRef(null);
    React.useEffect(() => setText(value || ""), [value]);
    const change = (event) => {
      const typed = event.target.value;
      setText(typed);
      clearTimeout(waiting.current);
      waiting.current = setTimeout(() => setProps({ value: typed }), TYPING_MS);
    };
    return e("input", { id, type: "search", value: text, placeholder: hint, maxLength: longest, autoComplete: "off",
      spellCheck: false, onChange: change });
  }

  Object.assign(ns, { Rows, Pick, Chips, Find });
})();
