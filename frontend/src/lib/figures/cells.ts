/** Cells of a figure's table: words, or a number that can be asked where it comes from. */

export interface Asked {
  readonly told: string;
  /** What the API's `why` is asked for. */
  readonly key: string;
}

export type Cell = string | Asked;
export type Row = readonly Cell[];

export function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.told;
}
