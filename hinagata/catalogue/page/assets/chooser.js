// Keeps the patterns that give all that was chosen; without scripts each need names its patterns.
const form = document.querySelector("form.chooser");
const cards = [...document.querySelectorAll("#chosen [data-pattern]")];
const verdict = form.querySelector(".verdict");
const named = (link) => {
  const name = document.createElement("a");
  name.href = link.href;
  name.textContent = link.textContent;
  return name;
};
const choose = () => {
  const chosen = [...form.querySelectorAll("input:checked")].map((box) => box.dataset.patterns.split(" "));
  const fits = (name) => chosen.every((patterns) => patterns.includes(name));
  for (const card of cards) card.hidden = !fits(card.dataset.pattern);
  const left = cards.filter((card) => !card.hidden).map((card) => card.querySelector("h3 a"));
  if (chosen.length === 0) verdict.replaceChildren();
  else if (left.length === 0) verdict.textContent = form.dataset.none;
  else {
    const [before, after] = (left.length === 1 ? form.dataset.one : form.dataset.several).split("{names}");
    const names = left.flatMap((link) => [form.dataset.comma, named(link)]).slice(1);
    verdict.replaceChildren(before, ...names, after);
  }
};
form.addEventListener("change", choose);
form.addEventListener("submit", (event) => event.preventDefault());
choose();
