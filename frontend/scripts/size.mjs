// Sizes as they travel: every built file gzipped, the page and the notebook's module apart.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_KB = { page: 120, notebook: 60 };
const here = fileURLToPath(new URL("..", import.meta.url));
const folder = process.env.CARDHOUSE_STATIC ?? join(here, "../src/cardhouse/web/static");

function* filesIn(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(inside);
    else if (!entry.name.startsWith(".")) yield inside;
  }
}

const total = { page: 0, notebook: 0 };
for (const file of filesIn(folder)) {
  const name = relative(folder, file);
  const size = gzipSync(readFileSync(file), { level: 9 }).length / 1024;
  total[name.startsWith(`notebook${sep}`) ? "notebook" : "page"] += size;
  console.log(`${size.toFixed(1).padStart(7)} KB  ${name}`);
}
for (const [part, budget] of Object.entries(BUDGET_KB)) {
  console.log(`${total[part].toFixed(1).padStart(7)} KB  the ${part} in all, gzipped; its budget is ${budget} KB`);
  if (total[part] > budget) {
    console.error(`The ${part} is ${(total[part] - budget).toFixed(1)} KB over its budget of ${budget} KB.`);
    process.exitCode = 1;
  }
}
