// Looks now and then whether something happened, and shows the page anew when it did.
const main = document.getElementById("progress");

async function look() {
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(main.dataset.address);
    if (!answer.ok) return;
    const report = await answer.json();
    const steps = Number(main.dataset.steps);
    if (report.history.length !== steps || report.state !== main.dataset.state) location.reload();
  } catch {
    // offline: what is shown stays
  }
}

setInterval(look, 5_000);
