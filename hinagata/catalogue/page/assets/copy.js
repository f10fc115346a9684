// A button at each program that copies it whole; without scripts it can be selected.
const { copy, copied } = document.body.dataset;
for (const figure of document.querySelectorAll("figure.program")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = copy;
  button.lang = document.documentElement.lang;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("pre").textContent);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 1500);
  });
  figure.querySelector("figcaption").append(button);
}
