// Types of the API's answers, made from openapi.json; see api.py for where that comes from.
import { writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/lib/api/schema.d.ts", import.meta.url);
writeFileSync(target, astToString(await openapiTS(source, { immutable: true })));
