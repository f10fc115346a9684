// A button at each program and command that copies it whole; without scripts it can be selected.
const { copy, copied } = document.body.dataset;
const button = (pre) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = copy;
  made.lang = document.documentElement.lang;
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent);
    made.textContent = copied;
    setTimeout(() => { made.textContent = copy; }, 1500);
  });
  return made;
};
for (const pre of document.querySelectorAll("main pre")) {
  const caption = pre.closest("figure.program")?.querySelector("figcaption");
  if (caption) {
    caption.append(button(pre));
  } else {
    const frame = document.createElement("div");
    frame.className = "copied";
    pre.replaceWith(frame);
    frame.append(pre, button(pre));
  }
}
