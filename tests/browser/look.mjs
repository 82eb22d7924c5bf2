// Looks at pages in Debian's chromium and prints what it saw as JSON; the tests judge.
// usage: node look.mjs CHROMIUM PAGE.html ...
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
// A4 between margins of 1 cm, in CSS pixels
const PAPER = { width: 718, height: 1047 };
const VIEWS = {
  wide: { viewport: { width: 1100, height: 900 }, media: "screen", colorScheme: "light" },
  phone: { viewport: { width: 400, height: 800 }, media: "screen", colorScheme: "light" },
  dark: { viewport: { width: 1100, height: 900 }, media: "screen", colorScheme: "dark" },
  print: { viewport: PAPER, media: "print", colorScheme: "light" },
};

// In the page, by the DevTools protocol: the page's own policy stays in force.
function measure() {
  const box = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const count = (things) => things.reduce((seen, thing) => ({ ...seen, [thing]: (seen[thing] ?? 0) + 1 }), {});
  const elements = [...document.querySelectorAll("*")];
  return {
    width: document.scrollingElement.scrollWidth,
    window: innerWidth,
    figures: [...document.querySelectorAll("svg")].filter((svg) => svg.getClientRects().length).map((svg) => ({
      name: svg.getAttribute("aria-label"),
      box: box(svg),
      texts: [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: box(text) })),
    })),
    unseen: [...document.querySelectorAll("td, th")].filter((cell) => !cell.checkVisibility()).length,
    elements: count(elements.map((element) => element.localName)),
    attributes: count(elements.flatMap((element) => element.getAttributeNames().map((name) => `${element.localName} ${name}`))),
    comments: document.createNodeIterator(document, NodeFilter.SHOW_COMMENT).nextNode() !== null,
    text: document.body.innerText,
  };
}

async function accessibility(page) {
  await page.addScriptTag({ path: AXE });
  return page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, first: nodes[0].html, nodes: nodes.length }));
  });
}

async function look(browser, path) {
  const seen = { problems: [], views: {}, accessibility: {} };
  const address = pathToFileURL(path).href;
  const open = async (options) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    return [context, page];
  };

  const [context, page] = await open({ offline: true });
  const problem = (kind) => (what) => seen.problems.push(`${kind}: ${what}`);
  page.on("console", (message) => problem("console")(message.text()));
  page.on("pageerror", (error) => problem("error")(error));
  page.on("dialog", (dialog) => { problem("dialog")(dialog.message()); dialog.dismiss(); });
  page.on("popup", (popup) => problem("popup")(popup.url()));
  page.on("request", (request) => { if (request.url() !== address) problem("request")(request.url()); });
  for (const [name, { viewport, media, colorScheme }] of Object.entries(VIEWS)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ media, colorScheme });
    await page.goto(address);
    if (media === "screen") await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
    seen.views[name] = await page.evaluate(measure);
  }
  seen.pdf = (await page.pdf({ format: "A4" })).length;
  await context.close();

  for (const colorScheme of ["light", "dark"]) {
    const [context, page] = await open({ bypassCSP: true, offline: true, colorScheme, viewport: VIEWS.wide.viewport });
    await page.goto(address);
    await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
    seen.accessibility[colorScheme] = await accessibility(page);
    await context.close();
  }
  return seen;
}

const [executablePath, ...paths] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const seen = await Promise.all(paths.map(async (path) => [path, await look(browser, path)]));
  process.stdout.write(JSON.stringify(Object.fromEntries(seen)));
} finally {
  await browser.close();
}
