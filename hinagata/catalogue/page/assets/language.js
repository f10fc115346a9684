// The switch keeps the place on the page, and what is searched for.
document.querySelector("a.language").addEventListener("click", (event) => {
  event.currentTarget.search = location.search;
  event.currentTarget.hash = location.hash;
});
