// The words of a PDF as pdf.js gives them, in the order of the structure tree: node text.mjs FOLDER FILE
// FOLDER holds node_modules/pdfjs-dist. One line for each block (paragraph, heading, cell, figure), with its tag.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Tags that stand inside a line and do not end it.
const INLINE = new Set(["Span", "Link", "Reference", "Note", "Lbl", "LBody", "Strong", "Em"]);

// pdf.js asks for these when it is loaded and uses them when it draws, which it does not do here.
for (const name of ["DOMMatrix", "ImageData", "Path2D"]) globalThis[name] ??= class {};

const [folder, file] = process.argv.slice(2);
const pdfjsFolder = resolve(folder, "node_modules/pdfjs-dist");
const pdfjs = await import(pathToFileURL(join(pdfjsFolder, "legacy/build/pdf.mjs")));

/** The text of each marked content of a page, by the id that the structure tree names. */
function wordsById(content) {
  const words = new Map();
  const open = [];
  for (const item of content.items) {
    if (item.type === "beginMarkedContentProps" || item.type === "beginMarkedContent") {
      open.push(item.id ?? null);
    } else if (item.type === "endMarkedContent") {
      open.pop();
    } else {
      // Text inside a Span without an id belongs to the marked content around it.
      const id = open.findLast((one) => one !== null);
      if (id !== undefined) {
        words.set(id, (words.get(id) ?? "") + item.str + (item.hasEOL ? " " : ""));
      }
    }
  }
  return words;
}

function textBelow(node, words) {
  if (node.type === "content") return words.get(node.id) ?? "";
  return (node.children ?? []).map((child) => textBelow(child, words)).join("");
}

function* blocks(node, words) {
  const children = node.children ?? [];
  const isBlock = children.some((child) => child.type === "content" || INLINE.has(child.role));
  if (isBlock || node.alt) {
    // pdf.js gives an element's /Alt, or else its /ActualText, under this name, and Firefox has it read in place of the
    // words below. /ActualText inside the page's own content it does not look at.
    const text = node.alt ?? textBelow(node, words);
    yield `${node.role}: ${text.replace(/\s+/gu, " ").trim()}`.trimEnd();
    return;
  }
  for (const child of children) yield* blocks(child, words);
}

const loading = pdfjs.getDocument({
  data: new Uint8Array(await readFile(file)),
  standardFontDataUrl: join(pdfjsFolder, "standard_fonts/"),
  isEvalSupported: false,
  verbosity: pdfjs.VerbosityLevel.ERRORS,
});
const document = await loading.promise;
for (let number = 1; number <= document.numPages; number++) {
  const page = await document.getPage(number);
  const content = await page.getTextContent({ includeMarkedContent: true });
  const tree = await page.getStructTree();
  if (!tree) throw new Error(`page ${number} has no structure tree`);
  console.log(`--- page ${number}`);
  for (const line of blocks(tree, wordsById(content))) console.log(line);
}
await loading.destroy();
