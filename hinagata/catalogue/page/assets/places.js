// Where the reader is: the section on the screen among those of the page, the page among its kind.
const contents = document.querySelector(".contents");
const links = [...(contents?.querySelectorAll("a") ?? [])];
const sections = links.map((link) => document.querySelector(link.hash));
const top = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 1;
const mark = () => {
  const past = sections.filter((section) => section.getBoundingClientRect().top <= top());
  for (const [at, link] of links.entries()) {
    if (at === past.length - 1) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
};
if (links.length) {
  let asked = false;
  addEventListener("scroll", () => {
    if (!asked) requestAnimationFrame(() => { asked = false; mark(); });
    asked = true;
  }, { passive: true });
  mark();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
  });
}
const shelf = document.querySelector(".shelf");
const here = shelf?.querySelector("[aria-current]");
if (here) shelf.scrollTop = here.offsetTop - shelf.offsetTop - shelf.clientHeight / 2;
// One key leads to the field for searching, as on many sites.
addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  const field = document.querySelector("input[type=search]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
});
