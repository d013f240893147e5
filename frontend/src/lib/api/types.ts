/** The answers that the page reads, by name; `schema.d.ts` is made from the API's OpenAPI document. */

import type { components } from "./schema";

type Answers = components["schemas"];

export type Stage = Answers["stage"];
export type StageNode = Stage["nodes"][number];
export type StageRibbon = Stage["ribbons"][number];
export type Source = Stage["sources"][number];
export type GroupId = Source["group"];

export type View = Answers["view"];
export type Failure = View["failures"][number];

export type Lever = Answers["levers"]["levers"][number] & { readonly step?: number | null; readonly reaches?: boolean };
export type Levers = Answers["levers"] & { readonly groups: readonly string[]; readonly levers: readonly Lever[] };

export type ScenarioCard = Answers["scenarios"]["scenarios"][number] & { readonly signs?: readonly { readonly words: string }[] };
export type Scenarios = Answers["scenarios"] & { readonly groups?: readonly string[]; readonly scenarios: readonly ScenarioCard[] };

export type Trace = Answers["trace"] & { readonly names: Readonly<Record<string, string>> };
export type Loops = Answers["loops"];
export type WhyAnswer = Answers["answer"];
export type Gauges = Answers["gauge"];
export type Conflicts = Answers["conflicts"];
export type Facts = Answers["facts"];
export type Comparison = Answers["compare"];
export type Glossary = Answers["glossary"];
