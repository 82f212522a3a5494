/* Dash's own inputs, put right for screen readers: names and roles that they do not give. */
(function () {
  "use strict";
  const SOON_MS = 200; // a wall changes all the time

  /** What stands before or around an input as its label. */
  function nameOf(element) {
    const label = element.id && document.querySelector(`label[for="${CSS.escape(element.id)}"]`);
    const around = element.parentElement && element.parentElement.closest("label, fieldset, .cc-field");
    const told = label || (around && around.querySelector("legend, label, span")) || around || element;
    return told.textContent.trim().slice(0, 80) || "…";
  }

  /** A dropdown takes the focus with a field that it hides: the field is named instead. */
  function dropdowns() {
    for (const target of document.querySelectorAll(".dash-dropdown-focus-target[aria-hidden]")) {
      target.removeAttribute("aria-hidden");
      target.setAttribute("aria-label", nameOf(target.nextElementSibling || target));
    }
  }

  /** Radio buttons are said to be a list of options, which they are not. */
  function radios() {
    for (const group of document.querySelectorAll('.dash-radioitems[role="listbox"]')) {
      group.setAttribute("role", "radiogroup");
      if (!group.hasAttribute("aria-label")) group.setAttribute("aria-label", nameOf(group));
    }
    for (const option of document.querySelectorAll(".dash-radioitems [role=option], .dash-radioitems label[aria-selected]")) {
      ["role", "aria-selected"].forEach((name) => option.removeAttribute(name));
    }
  }

  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      dropdowns();
      radios();
    }, SOON_MS);
  };
  new MutationObserver(soon).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["role", "aria-selected"],
  });
})();
