/** SVG paths of ribbons, from points in flow coordinates. */

import { at } from "./shapes";

type Point = readonly [along: number, across: number];
/** Where a ribbon runs level: from and to along, and the start across. */
export type Stop = readonly [from: number, to: number, across: number];

const RADIUS = 7;

/** A number as short as a path needs it: a hundredth of a px. */
function written(value: number): string {
  return String(Math.round(value * 100) / 100);
}

class Pen {
  private text = "";

  constructor(private readonly vertical: boolean) {}

  draw(letter: string, ...points: readonly Point[]): this {
    this.text += letter;
    points.forEach(([along, across], n) => {
      const [x, y] = this.vertical ? [across, along] : [along, across];
      this.text += `${n ? " " : ""}${written(x)} ${written(y)}`;
    });
    return this;
  }

  close(): string {
    return `${this.text}Z`;
  }

  open(): string {
    return this.text;
  }
}

/**
 * The outline of a ribbon of constant height through level stops.
 *
 * Between two stops it swings over in an S; at a stop it runs level.
 */
export function band(stops: readonly Stop[], height: number, vertical: boolean): string {
  const pen = new Pen(vertical);
  const first = at(stops, 0);
  pen.draw("M", [first[0], first[2]]);
  edge(pen, stops);
  const back = [...stops].reverse().map(([from, to, across]): Stop => [to, from, across + height]);
  const turn = at(back, 0);
  pen.draw("L", [turn[0], turn[2]]);
  edge(pen, back);
  return pen.close();
}

function edge(pen: Pen, stops: readonly Stop[]): void {
  stops.forEach(([from, to, across], n) => {
    if (n > 0) {
      const [, left, before] = at(stops, n - 1);
      const middle = (left + from) / 2;
      pen.draw("C", [middle, before], [middle, across], [from, across]);
    }
    if (to !== from) pen.draw("L", [to, across]);
  });
}

/** The middle line of a ribbon through right-angled corners, rounded. */
export function turnBack(corners: readonly Point[], height: number, vertical: boolean): string {
  const pen = new Pen(vertical);
  pen.draw("M", at(corners, 0));
  for (let n = 1; n + 1 < corners.length; n += 1) {
    const [before, corner, after] = [at(corners, n - 1), at(corners, n), at(corners, n + 1)];
    const radius = Math.min(
      RADIUS + height / 2,
      distance(before, corner) / 2,
      distance(corner, after) / 2,
    );
    pen.draw("L", towards(corner, before, radius));
    pen.draw("Q", corner, towards(corner, after, radius));
  }
  pen.draw("L", at(corners, corners.length - 1));
  return pen.open();
}

function distance(one: Point, other: Point): number {
  return Math.abs(one[0] - other[0]) + Math.abs(one[1] - other[1]);
}

function towards(start: Point, end: Point, length: number): Point {
  const whole = distance(start, end);
  const share = whole ? length / whole : 0;
  return [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
}
