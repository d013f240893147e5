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
export type Shock = ScenarioCard["shocks"][number];
export type Scenarios = Answers["scenarios"] & { readonly groups?: readonly string[]; readonly scenarios: readonly ScenarioCard[] };

export type Trace = Answers["trace"] & { readonly names: Readonly<Record<string, string>> };
export type Promises = Answers["committed"];
export type Loops = Answers["loops"];
export type WhyAnswer = Answers["answer"];
export type Gauges = Answers["gauge"];
export type Mirror = Answers["mirror"];
export type Conflicts = Answers["conflicts"];
export type Facts = Answers["facts"];
export type Comparison = Answers["compare"];
export type Glossary = Answers["glossary"];
export type FactRow = Facts["facts"][number];

// --- parts that the description of the API leaves open --------------------------------------

interface YearOfPerson {
  readonly revenue: number;
  readonly full_cost: number;
  readonly gap: number;
}

export type LedgerAnswer = Omit<Answers["ledger"], "ledger" | "ledger_by_quarter"> & {
  readonly ledger: {
    readonly people?: readonly {
      readonly id: string;
      readonly name: string;
      readonly per_user_year: YearOfPerson | null;
      readonly per_payer_year: YearOfPerson | null;
      readonly uncertain: string;
    }[];
  };
  readonly ledger_by_quarter: {
    readonly users_pay_per_dollar_of_cost: Readonly<Record<string, readonly (number | null)[]>>;
    readonly subsidy: readonly (number | null)[];
    readonly by_source: Readonly<Record<string, readonly (number | null)[]>>;
  };
};

export interface DefaultRow {
  readonly entity: string;
  readonly name: string;
  readonly quarter: string;
  readonly owed: number;
  readonly paid: number;
  readonly loss_by_holder: Readonly<Record<string, number>>;
  readonly stakes_lost: Readonly<Record<string, number>>;
  readonly cause: string;
  readonly outcome: string;
}

export interface CascadeRow {
  readonly entity: string;
  readonly quarter: string;
  readonly round: number;
  readonly cause: string;
  readonly outcome: string;
  readonly unpaid_by: Readonly<Record<string, number>>;
  readonly leaves: Readonly<Record<string, number>>;
}

export type FragilityAnswer = Omit<Answers["fragility"], "fragility"> & {
  readonly fragility: {
    readonly defaults: readonly DefaultRow[];
    readonly cascade: readonly CascadeRow[];
    readonly loss_by_tier: Readonly<Record<string, number>>;
    readonly maturities: readonly { readonly year: number; readonly amount: number; readonly and_later?: boolean }[];
    readonly profit_share: Readonly<Record<string, number>>;
    readonly profit_share_ai: Readonly<Record<string, number>>;
    readonly loss_making_share_ai: { readonly firms: number; readonly revenue: number; readonly users_spending: number };
    readonly runway_quarters: Readonly<Record<string, number | null>>;
    readonly commitments: Readonly<Record<string, { readonly committed: number; readonly cash: number; readonly times_cash: number | null }>>;
  };
};

export interface ClaimRow {
  readonly id: string;
  readonly claim: string;
  readonly definition: string;
  readonly verdict: "holds" | "in_part" | "does_not_hold" | "undetermined";
  readonly by_definition?: readonly { readonly definition: string; readonly verdict: ClaimRow["verdict"]; readonly probability?: number | null }[];
  readonly probability: number | null;
  readonly figures: readonly { readonly name: string; readonly value: unknown; readonly unit: string; readonly when?: string; readonly facts: readonly string[] }[];
  readonly for: readonly string[];
  readonly against: readonly string[];
  readonly facts: readonly string[];
}

export type ClaimsAnswer = Omit<Answers["claims"], "claims" | "facts"> & {
  readonly claims: readonly ClaimRow[];
  readonly facts: Readonly<Record<string, FactRow>>;
};

export type EntitiesAnswer = Omit<Answers["entities"], "entities" | "tiers"> & {
  readonly entities: readonly (Readonly<
    Record<"revenue" | "full_cost" | "operating_result" | "cash_result" | "cash" | "debt" | "raised", readonly (number | null)[]>
  > & { readonly id: string; readonly name: string; readonly tier: string; readonly kind: string })[];
};
