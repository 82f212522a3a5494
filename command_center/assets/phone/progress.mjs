// Looks now and then whether something happened, and shows the page anew when it did; sends what
// the resident writes and how they rate the end.
const main = document.getElementById("progress");
const { address, failed } = main.dataset;

function writing() {
  return [...main.querySelectorAll("form")].some((form) =>
    [...new FormData(form).values()].some((value) => String(value).trim()));
}

async function look() {
  // what somebody is writing is not taken away from under their hands
  if (document.visibilityState !== "visible" || writing()) return;
  try {
    const answer = await fetch(address);
    if (!answer.ok) return;
    const report = await answer.json();
    const known = main.dataset;
    const same = report.history.length === Number(known.steps) && report.state === known.state
      && report.messages.length === Number(known.messages);
    if (!same) location.reload();
  } catch {
    // offline: what is shown stays
  }
}

async function send(form, path, body) {
  const told = form.querySelector(".told");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(`${address}/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) {
      form.reset();
      location.reload();
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    told.textContent = problem.detail || failed;
  } catch {
    told.textContent = failed;
  }
  told.hidden = false;
  button.disabled = false;
}

document.getElementById("message")?.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, "messages", { text: new FormData(event.target).get("text") });
});

document.getElementById("rating")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  send(event.target, "rating", {
    solved: given.get("solved") === "yes",
    satisfied: given.get("satisfied") === "yes",
    stars: Number(given.get("stars")),
    words: given.get("words"),
  });
});

setInterval(look, 5_000);
