// Asks the server what becomes of a sample under other traffic. All words are the page's and the
// server's; without a server the page says how to start one, and nothing can be moved.
const form = document.querySelector("form.bench");
const select = form.querySelector("select");
const reset = form.querySelector("button.reset");
const fieldsets = [...form.querySelectorAll("fieldset")];
const answer = document.querySelector(".answer");
const refusal = document.querySelector(".refusal");
const heard = answer.querySelector(".heard");
const found = answer.querySelector(".found");
const factors = JSON.parse(form.dataset.factors);
const asItIs = factors.indexOf(1);
const page = `p${Math.random().toString(36).slice(2, 12)}`;
const PAUSE_MS = 120;
const served = document.querySelector('meta[name="served"]') !== null;

const chosen = () => fieldsets.find((set) => set.dataset.sample === select.value);
const sliders = (set) => [...set.querySelectorAll("input[type=range]")];
const show = (slider) => {
  const says = JSON.parse(slider.dataset.says)[slider.value];
  const output = slider.parentElement.querySelector("output");
  output.querySelector("strong").textContent = says;
  output.querySelector("span").textContent = `${factors[slider.value]}×`;
  slider.setAttribute("aria-valuetext", `${says}, ${factors[slider.value]}×`);
};
const traffic = () => Object.fromEntries(sliders(chosen())
  .filter((slider) => Number(slider.value) !== asItIs)
  .map((slider) => [slider.dataset.source, factors[slider.value]]));

// One question is on its way; what changes meanwhile is asked when it is answered.
let asking = false;
let again = false;
const ask = async () => {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  answer.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch("/_answer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ page, sample: select.value, traffic: traffic() }),
    });
    const said = await reply.json();
    if (again) return;
    refusal.textContent = said.wrong ?? "";
    if (said.html !== undefined) {
      const open = [...found.querySelectorAll("details")].map((each) => each.open);
      found.innerHTML = said.html;
      // Read aloud: the answer in a sentence, not all of its tables.
      heard.textContent = found.querySelector(".says").textContent.replace(/\s+/g, " ").trim();
      found.querySelectorAll("details").forEach((each, index) => { each.open = open[index] ?? false; });
    }
  } catch {
    refusal.textContent = form.dataset.gone;
  } finally {
    asking = false;
    if (again) {
      again = false;
      ask();
    } else {
      answer.setAttribute("aria-busy", "false");
    }
  }
};

// The address says what is shown, so that it can be kept and sent.
const remember = () => {
  const address = new URL(location);
  address.search = new URLSearchParams({ sample: select.value, ...traffic() }).toString();
  history.replaceState(null, "", address);
};
const recall = () => {
  const said = new URL(location).searchParams;
  if (fieldsets.some((set) => set.dataset.sample === said.get("sample"))) select.value = said.get("sample");
  for (const slider of sliders(chosen())) {
    const place = factors.indexOf(Number(said.get(slider.dataset.source)));
    if (said.has(slider.dataset.source) && place >= 0) slider.value = place;
    show(slider);
  }
};
const choose = () => {
  for (const set of fieldsets) {
    set.hidden = set !== chosen();
    set.disabled = set.hidden;
  }
};
let pause;
const changed = () => {
  remember();
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE_MS);
};

if (served) {
  document.querySelector(".static").hidden = true;
  form.querySelector(".pick").hidden = false;
  recall();
  choose();
  ask();
  form.addEventListener("input", (event) => {
    if (event.target === select) choose();
    else show(event.target);
    changed();
  });
  reset.addEventListener("click", () => {
    for (const slider of sliders(chosen())) {
      slider.value = asItIs;
      show(slider);
    }
    changed();
  });
}
form.addEventListener("submit", (event) => event.preventDefault());
