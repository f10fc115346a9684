// The theme that was chosen, before anything is drawn; without scripts the system's own holds.
(() => {
  const order = ["auto", "light", "dark"];
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("theme") ?? "auto";
  } catch {
    // A page that is opened as a file may have no storage.
  }
  const show = () => {
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  };
  if (!order.includes(chosen)) chosen = "auto";
  show();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("button.theme");
    button.hidden = false;
    button.textContent = button.dataset[chosen];
    button.addEventListener("click", () => {
      chosen = order[(order.indexOf(chosen) + 1) % order.length];
      try {
        localStorage.setItem("theme", chosen);
      } catch {
        // It holds for this page, then.
      }
      show();
      button.textContent = button.dataset[chosen];
    });
  });
})();
