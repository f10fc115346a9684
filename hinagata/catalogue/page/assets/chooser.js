// Keeps the patterns that give all that was chosen; without scripts each need names its patterns.
const form = document.querySelector("form.chooser");
const cards = [...document.querySelectorAll("#chosen [data-pattern]")];
const verdict = form.querySelector(".verdict");
const choose = () => {
  const chosen = [...form.querySelectorAll("input:checked")].map((box) => box.dataset.patterns.split(" "));
  const fits = (name) => chosen.every((patterns) => patterns.includes(name));
  for (const card of cards) card.hidden = !fits(card.dataset.pattern);
  const left = cards.filter((card) => !card.hidden).map((card) => card.querySelector("h3").textContent);
  if (chosen.length === 0) verdict.textContent = "";
  else if (left.length === 0) verdict.textContent = form.dataset.none;
  else verdict.textContent = (left.length === 1 ? form.dataset.one : form.dataset.several).replace("{names}", left.join(form.dataset.comma));
};
form.addEventListener("change", choose);
form.addEventListener("submit", (event) => event.preventDefault());
choose();
