// Asks the indexes that lie beside the pages, one for each language; no server answers.
const field = document.querySelector("#query");
// Before anything is waited for: what is typed meanwhile stays.
field.value ||= new URL(location).searchParams.get("q") ?? "";
const list = document.querySelector(".results");
const verdict = document.querySelector(".verdict");
const { found: says, nothing, noIndex } = verdict.dataset;
const MOST = 20;
const PARTS = 4;
const PAUSE_MS = 150;
const here = document.documentElement.lang;
const plain = (text) => text.replace(/[\s\u200B]/g, "").toLowerCase();
const saysAll = (text, words) => words.split(/\s+/).every((word) => plain(text).includes(plain(word)));

// A language's index lies beside its page for searching, which is linked from this one.
const open = async ({ hreflang: language, href }) => {
  const engine = await import(new URL("pagefind/pagefind.js", href)).catch(() => null);
  if (engine) await engine.options({ excerptLength: 24 });
  return engine && { language, engine, root: new URL(".", href).pathname };
};
const links = document.querySelectorAll("link[rel=alternate][hreflang]:not([hreflang=x-default])");
const indexes = (await Promise.all([...links].map(open))).filter(Boolean)
  .sort((one, other) => (other.language === here) - (one.language === here));

// The index divides Japanese into other words than the browser does, and then a compound is not
// found: so its parts are asked for, and the pages kept that say all of it.
const verbatim = async (engine, words) => {
  const parts = [...new Intl.Segmenter("ja", { granularity: "word" }).segment(words)];
  const asked = parts.filter((part) => part.isWordLike).map((part) => engine.search(part.segment));
  const results = (await Promise.all(asked)).flatMap((answer) => answer.results);
  const unique = [...new Map(results.map((result) => [result.id, result])).values()];
  const pages = await Promise.all(unique.map((result) => result.data()));
  return pages.filter((page) => saysAll(page.meta.title + page.content, words));
};
const ask = async ({ language, engine, root }, words) => {
  let pages = language === "ja" ? await verbatim(engine, words) : [];
  let count = pages.length;
  if (!count) {
    const { results } = await engine.search(words);
    count = results.length;
    pages = await Promise.all(results.slice(0, MOST).map((result) => result.data()));
  }
  // What a page is called in every language: its address below that language's root.
  return { count, pages: pages.map((page) => ({ ...page, language, is: page.url.replace(root, "") })) };
};
const named = (language) => document.querySelector(`a.language[hreflang=${language}]`).textContent;
const small = (says) => {
  const made = document.createElement("small");
  made.textContent = ` ${says}`;
  return made;
};
// The sections that say it, so that nobody looks for it on a long page.
const sectionsOf = (page) => {
  const made = document.createElement("p");
  made.className = "sections";
  for (const part of page.sub_results.filter(({ url }) => url.includes("#")).slice(0, PARTS)) {
    const link = document.createElement("a");
    link.href = part.url;
    link.textContent = part.title;
    made.append(link, " ");
  }
  return made;
};
const shown = (page) => {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = page.url;
  link.textContent = page.meta.title;
  const excerpt = document.createElement("p");
  excerpt.innerHTML = page.excerpt;
  item.append(link, excerpt, sectionsOf(page));
  const kind = page.filters.kind?.[0];
  if (kind) link.after(small(kind));
  if (page.language !== here) {
    item.lang = page.language;
    link.after(small(named(page.language)));
  }
  return item;
};
const show = async (words) => {
  const [own, ...others] = await Promise.all(indexes.map((index) => ask(index, words)));
  if (words !== field.value.trim()) return;
  // Where a page is found in the reader's language, it is not shown in another one too.
  const known = new Set(own.pages.map((page) => page.is));
  const more = others.flatMap(({ pages }) => pages.filter((page) => !known.has(page.is)));
  const titled = (page) => saysAll(page.meta.title, words);
  const pages = [...own.pages, ...more].sort((one, other) => titled(other) - titled(one));
  const count = own.count + more.length;
  verdict.textContent = count ? says.replace("{count}", count) : nothing.replace("{words}", words);
  list.replaceChildren(...pages.slice(0, MOST).map(shown));
};
let pause;
const changed = () => {
  const words = field.value.trim();
  const address = new URL(location);
  if (words) address.searchParams.set("q", words);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  clearTimeout(pause);
  if (indexes.length && words) {
    pause = setTimeout(() => show(words), PAUSE_MS);
  } else {
    list.replaceChildren();
    verdict.textContent = indexes.length ? "" : noIndex;
  }
};
field.addEventListener("input", changed);
document.querySelector("form.search").addEventListener("submit", (event) => { event.preventDefault(); changed(); });
changed();
