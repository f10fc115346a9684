// Asks the index that lies beside the pages; no server answers.
const field = document.querySelector("#query");
const list = document.querySelector(".results");
const verdict = document.querySelector(".verdict");
const found = await import(new URL("pagefind/pagefind.js", import.meta.url)).catch(() => null);
if (found) await found.options({ excerptLength: 24 });
const { found: says, nothing, noIndex } = verdict.dataset;
const MOST = 20;
const show = async () => {
  const words = field.value.trim();
  const address = new URL(location);
  if (words) address.searchParams.set("q", words);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  if (!found || !words) {
    list.replaceChildren();
    verdict.textContent = found ? "" : noIndex;
    return;
  }
  const answer = await found.debouncedSearch(words, {}, 150);
  if (answer === null) return;
  const pages = await Promise.all(answer.results.slice(0, MOST).map((result) => result.data()));
  verdict.textContent = pages.length ? says.replace("{count}", answer.results.length) : nothing.replace("{words}", words);
  list.replaceChildren(...pages.map((page) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = page.url;
    link.textContent = page.meta.title;
    const excerpt = document.createElement("p");
    excerpt.innerHTML = page.excerpt;
    item.append(link, excerpt);
    return item;
  }));
};
field.value = new URL(location).searchParams.get("q") ?? "";
field.addEventListener("input", show);
document.querySelector("form.search").addEventListener("submit", (event) => { event.preventDefault(); show(); });
show();
