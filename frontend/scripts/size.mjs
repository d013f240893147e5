// The page's size as it travels: every built file gzipped. Fails beyond the budget.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 120;
const here = fileURLToPath(new URL("..", import.meta.url));
const folder = process.env.CARDHOUSE_STATIC ?? join(here, "../src/cardhouse/web/static");

function* filesIn(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(inside);
    else if (!entry.name.startsWith(".")) yield inside;
  }
}

let total = 0;
for (const file of filesIn(folder)) {
  const size = gzipSync(readFileSync(file), { level: 9 }).length / 1024;
  total += size;
  console.log(`${size.toFixed(1).padStart(7)} KB  ${relative(folder, file)}`);
}
console.log(`${total.toFixed(1).padStart(7)} KB  in all, gzipped; the budget is ${BUDGET_KB} KB`);
if (total > BUDGET_KB) {
  console.error(`The page is ${(total - BUDGET_KB).toFixed(1)} KB over its budget of ${BUDGET_KB} KB.`);
  process.exit(1);
}
