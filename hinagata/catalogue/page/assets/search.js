// Asks the index that lies beside the pages; no server answers.
const field = document.querySelector("#query");
const list = document.querySelector(".results");
const verdict = document.querySelector(".verdict");
const found = await import(new URL("pagefind/pagefind.js", import.meta.url)).catch(() => null);
if (found) await found.options({ excerptLength: 24 });
const { found: says, nothing, noIndex } = verdict.dataset;
const MOST = 20;
const plain = (text) => text.replace(/[\s\u200B]/g, "").toLowerCase();
// The index divides Japanese into other words than the browser does, and then a compound is not
// found: so its parts are asked for, and the pages kept that say all of it.
const verbatim = async (words) => {
  const parts = [...new Intl.Segmenter("ja", { granularity: "word" }).segment(words)];
  const asked = parts.filter((part) => part.isWordLike).map((part) => found.search(part.segment));
  const results = (await Promise.all(asked)).flatMap((answer) => answer.results);
  const unique = [...new Map(results.map((result) => [result.id, result])).values()];
  const wanted = words.split(/\s+/).map(plain);
  const pages = await Promise.all(unique.map((result) => result.data()));
  const titled = (page) => wanted.every((word) => plain(page.meta.title).includes(word));
  return pages
    .filter((page) => wanted.every((word) => plain(page.meta.title + page.content).includes(word)))
    .sort((one, other) => titled(other) - titled(one));
};
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
  let pages = document.documentElement.lang === "ja" ? await verbatim(words) : [];
  const count = pages.length || answer.results.length;
  if (!pages.length) pages = await Promise.all(answer.results.slice(0, MOST).map((result) => result.data()));
  if (words !== field.value.trim()) return;
  verdict.textContent = count ? says.replace("{count}", count) : nothing.replace("{words}", words);
  list.replaceChildren(...pages.slice(0, MOST).map((page) => {
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
