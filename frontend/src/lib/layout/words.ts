/** How wide words are, before a browser has drawn them. */

import { at, middleOf, must, type Frame, type Node, type Slot } from "./shapes";

const NARROW = new Set("fijlrtI.,:;'|!()[] ");
const BROAD = new Set("mwMW@%");
export const AMOUNT_SAMPLE = "$8,888.8 bn";

/** A width in px that `text` keeps within in the usual sans-serif fonts. */
export function textWidth(text: string, font: number): number {
  let sum = 0;
  for (const character of text) sum += characterWidth(character);
  return font * sum;
}

function characterWidth(character: string): number {
  if (NARROW.has(character)) return 0.44;
  if ((character.codePointAt(0) ?? 0) >= 0x1100) return 1.1;
  if (BROAD.has(character)) return 1.0;
  return character !== character.toLowerCase() ? 0.72 : 0.65;
}

/** A text that keeps within `most` px: whole, or its first letters and dots. */
export function fitted(text: string, font: number, most: number): string {
  if (textWidth(text, font) <= most) return text;
  let kept = text.length;
  while (kept > 4 && textWidth(`${text.slice(0, kept)}…`, font) > most) kept -= 1;
  return `${text.slice(0, kept).trimEnd()}…`;
}

/** A text broken between words into lines that keep within `most` px; only a lone long word is cut. */
export function wrapped(text: string, font: number, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && textWidth(longer, font) <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.length ? lines.map((line) => fitted(line, font, most)) : [""];
}

/** A name broken between words into lines of about `width` characters. */
export function linesOf(name: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of name.split(/\s+/).filter(Boolean)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line || lines.length === 0 ? [...lines, line] : lines;
}

export function labelWidth(node: Node, frame: Frame): number {
  return Math.max(...[...node.lines, AMOUNT_SAMPLE].map((line) => textWidth(line, frame.font)));
}

/** The name and a line for the amount. */
export function labelHeight(node: Node, frame: Frame): number {
  return (node.lines.length + 1) * frame.line;
}

/** The room across that each slot of a column has at least, so that labels do not meet. */
export function labelAcross(column: readonly Node[], frame: Frame): (node: Node) => number {
  if (!frame.vertical) return (node) => labelHeight(node, frame);
  const share = Math.max(...column.map((node) => labelWidth(node, frame))) / frame.labelRows;
  return () => share;
}

/** How far a label may reach beyond the first and the last slot of its column. */
export function overhang(nodes: readonly Node[], frame: Frame): number {
  if (!frame.vertical || nodes.length === 0) return 0;
  const width = Math.max(...nodes.map((node) => labelWidth(node, frame)));
  return (width * (1 - 1 / frame.labelRows)) / 2;
}

/**
 * In which row each label of a tall column stands: the first where it is free.
 *
 * Labels count as wide as the widest, so slots of their share of it never need more rows than
 * `frame.labelRows`.
 */
export function labelRows(
  column: readonly Node[],
  slots: ReadonlyMap<string, Slot>,
  frame: Frame,
): Map<string, number> {
  const width = Math.max(...column.map((node) => labelWidth(node, frame)));
  const ends: number[] = [];
  const rows = new Map<string, number>();
  const ordered = [...column].sort((a, b) => must(slots, a.id).start - must(slots, b.id).start);
  for (const node of ordered) {
    const left = middleOf(must(slots, node.id)) - width / 2;
    let row = ends.findIndex((end) => end <= left + 1e-9);
    if (row < 0) row = ends.length;
    ends[row] = left + width;
    rows.set(node.id, row);
  }
  return rows;
}

/** The columns of a picture, each with its boxes in their order. */
export function byColumn(nodes: readonly Node[]): Node[][] {
  const columns: Node[][] = [];
  for (const node of nodes) {
    while (columns.length <= node.column) columns.push([]);
    at(columns, node.column).push(node);
  }
  return columns;
}
