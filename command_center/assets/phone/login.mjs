// Fills in a demo account and shows the password; the form works without this file.
const name = document.getElementById("name");
const password = document.getElementById("password");
for (const button of document.querySelectorAll("[data-secret]")) {
  button.addEventListener("click", () => {
    name.value = button.dataset.name;
    password.value = button.dataset.secret;
    document.querySelector("form.fields .primary").focus();
  });
}
const show = document.getElementById("show");
show.hidden = false;
document.getElementById("show-label").hidden = false;
show.addEventListener("change", () => {
  password.type = show.checked ? "text" : "password";
});
