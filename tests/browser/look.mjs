// Looks at pages in Debian's chromium and prints what it saw as JSON, by page; the tests judge.
// usage: node look.mjs CHROMIUM PAGE.html ...
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const DESK = { width: 1100, height: 900 };
const PHONE = { width: 400, height: 800 };
const A4 = { width: 718, height: 1047 }; // between margins of 1 cm, in CSS pixels
const VIEWS = {
  wide: { viewport: DESK, media: "screen", colorScheme: "light" },
  phone: { viewport: PHONE, media: "screen", colorScheme: "light" },
  dark: { viewport: DESK, media: "screen", colorScheme: "dark" },
  print: { viewport: A4, media: "print", colorScheme: "light" },
};

// Evaluated through the DevTools protocol: the page's own policy stays in force.
function measure() {
  const box = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const count = (things) => things.reduce((seen, thing) => ({ ...seen, [thing]: (seen[thing] ?? 0) + 1 }), {});
  const all = (selector) => [...document.querySelectorAll(selector)];
  const elements = all("*");
  return {
    width: document.scrollingElement.scrollWidth,
    window: innerWidth,
    scrolling: all("table").map((table) => table.parentElement)
      .filter((around) => around.scrollWidth > around.clientWidth).map((around) => around.innerText.slice(0, 80)),
    figures: all("svg").filter((svg) => svg.checkVisibility()).map((svg) => ({
      name: svg.getAttribute("aria-label"),
      box: box(svg),
      room: svg.parentElement.clientWidth,
      texts: [...svg.querySelectorAll("text")].map((text) => ({ text: text.textContent, box: box(text) })),
    })),
    unseen: all("td, th").filter((cell) => !cell.closest("details") && !cell.checkVisibility()).length,
    sections: all("section").filter((section) => section.checkVisibility()).map((section) => section.id),
    elements: count(elements.map((element) => element.localName)),
    attributes: count(elements.flatMap((one) => one.getAttributeNames().map((name) => `${one.localName} ${name}`))),
    comments: document.createNodeIterator(document, NodeFilter.SHOW_COMMENT).nextNode() !== null,
    text: document.body.innerText,
  };
}

const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));

// What the page looks like in each view, and whatever it did beside being shown.
async function render(browser, address) {
  const problems = [];
  const problem = (kind, what) => problems.push(`${kind}: ${what}`);
  const page = await browser.newPage({ offline: true });
  page.on("console", (message) => problem("console", message.text()));
  page.on("pageerror", (error) => problem("error", error));
  page.on("popup", (popup) => problem("popup", popup.url()));
  page.on("request", (request) => request.url() === address || problem("request", request.url()));
  page.on("dialog", (dialog) => {
    problem("dialog", dialog.message());
    dialog.dismiss();
  });
  const views = {};
  for (const [name, { viewport, media, colorScheme }] of Object.entries(VIEWS)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ media, colorScheme });
    await page.goto(address);
    if (media === "screen") await unfold(page);
    views[name] = await page.evaluate(measure);
  }
  const pdf = await page.pdf({ preferCSSPageSize: true });
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  await page.close();
  return { problems, views, sheets };
}

// axe-core is a script, so for it, and for it alone, the policy is set aside.
async function inspect(browser, address, colorScheme) {
  const page = await browser.newPage({ bypassCSP: true, offline: true, colorScheme, viewport: DESK });
  await page.goto(address);
  await unfold(page);
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  await page.close();
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, first: nodes[0].html, of: nodes.length }));
}

async function look(browser, path) {
  const address = pathToFileURL(path).href;
  const seen = await render(browser, address);
  const light = await inspect(browser, address, "light");
  const dark = await inspect(browser, address, "dark");
  return [path, { ...seen, accessibility: { light, dark } }];
}

const [executablePath, ...paths] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const seen = await Promise.all(paths.map((path) => look(browser, path)));
  process.stdout.write(JSON.stringify(Object.fromEntries(seen)));
} finally {
  await browser.close();
}
