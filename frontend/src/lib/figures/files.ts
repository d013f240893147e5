/** Pictures and tables as files, made in the browser: nothing leaves the page. */

import { textOf, type Row } from "./cells";

const SVG = "http://www.w3.org/2000/svg";
const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin",
  "stroke-linecap", "font-family", "font-size", "font-weight", "text-anchor", "paint-order", "opacity",
] as const;
const SHARPNESS = 2;
const EDGE = 12;

/** Hand a file to the reader. */
export function offer(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `cardhouse-${name}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function csvOf(heads: readonly string[], rows: readonly Row[]): Blob {
  const cell = (text: string): string => {
    const bare = text.replaceAll("\u00a0", " ");
    return /[",\n]/.test(bare) ? `"${bare.replaceAll('"', '""')}"` : bare;
  };
  const lines = [heads.map((head) => head.replace(/^>/, "")), ...rows].map((row) => row.map((one) => cell(textOf(one))).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

/** The drawing with its styles written into it, so that it looks the same anywhere. */
export function svgOf(drawing: SVGSVGElement, title: string): Blob {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll<SVGElement>("*")];
  [copy, ...copy.querySelectorAll<SVGElement>("*")].forEach((mark, n) => {
    const original = originals[n];
    if (!original) return;
    const style = getComputedStyle(original);
    for (const name of STYLES) mark.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-pressed"]) mark.removeAttribute(name);
  });
  for (const hit of [...copy.querySelectorAll("[fill='rgba(0, 0, 0, 0)'][stroke='none']")]) hit.remove();
  const words = document.createElementNS(SVG, "title");
  words.textContent = title;
  const ground = document.createElementNS(SVG, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", groundOf(drawing));
  copy.prepend(words, ground);
  copy.setAttribute("xmlns", SVG);
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}

function groundOf(drawing: SVGSVGElement): string {
  const card = drawing.closest(".card");
  return card ? getComputedStyle(card).backgroundColor : "white";
}

/**
 * The drawing on a canvas, mark by mark.
 *
 * The page's policy forbids images from anywhere but the server, blobs included, so the browser
 * cannot be asked to load the SVG as an image; our drawings are paths, boxes, lines and words only.
 */
export async function pngOf(drawing: SVGSVGElement): Promise<Blob> {
  const { width, height } = drawing.viewBox.baseVal;
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil((width + 2 * EDGE) * SHARPNESS);
  canvas.height = Math.ceil((height + 2 * EDGE) * SHARPNESS);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("This browser draws no canvas.");
  pen.fillStyle = groundOf(drawing);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(SHARPNESS, 0, 0, SHARPNESS, EDGE * SHARPNESS, EDGE * SHARPNESS);
  for (const mark of drawing.querySelectorAll<SVGGraphicsElement>("path, rect, line, circle, text")) paint(pen, mark);
  return new Promise((done, fail) => {
    canvas.toBlob((file) => (file ? done(file) : fail(new Error("The picture could not be made."))), "image/png");
  });
}

function paint(pen: CanvasRenderingContext2D, mark: SVGGraphicsElement): void {
  const style = getComputedStyle(mark);
  if (style.display === "none" || style.visibility === "hidden") return;
  pen.save();
  const place = mark.transform.baseVal.consolidate()?.matrix;
  if (place) pen.transform(place.a, place.b, place.c, place.d, place.e, place.f);
  pen.lineWidth = Number.parseFloat(style.strokeWidth) || 0;
  pen.lineJoin = "round";
  pen.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(Number.parseFloat));
  if (mark instanceof SVGTextElement) paintWords(pen, mark, style);
  else paintShape(pen, shapeOf(mark), style);
  pen.restore();
}

function shapeOf(mark: SVGGraphicsElement): Path2D {
  const size = (name: string): number => Number.parseFloat(mark.getAttribute(name) ?? "0") || 0;
  if (mark instanceof SVGPathElement) return new Path2D(mark.getAttribute("d") ?? "");
  const path = new Path2D();
  if (mark instanceof SVGCircleElement) path.arc(size("cx"), size("cy"), size("r"), 0, 2 * Math.PI);
  else if (mark instanceof SVGLineElement) {
    path.moveTo(size("x1"), size("y1"));
    path.lineTo(size("x2"), size("y2"));
  } else path.rect(size("x"), size("y"), size("width"), size("height"));
  return path;
}

function paintShape(pen: CanvasRenderingContext2D, shape: Path2D, style: CSSStyleDeclaration): void {
  const opacity = Number.parseFloat(style.opacity);
  if (style.fill !== "none") {
    pen.globalAlpha = opacity * Number.parseFloat(style.fillOpacity);
    pen.fillStyle = style.fill;
    pen.fill(shape);
  }
  if (style.stroke !== "none" && pen.lineWidth > 0) {
    pen.globalAlpha = opacity * Number.parseFloat(style.strokeOpacity);
    pen.strokeStyle = style.stroke;
    pen.stroke(shape);
  }
}

function paintWords(pen: CanvasRenderingContext2D, mark: SVGTextElement, style: CSSStyleDeclaration): void {
  const text = mark.textContent?.trim() ?? "";
  const [x, y] = ["x", "y"].map((name) => Number.parseFloat(mark.getAttribute(name) ?? "0")) as [number, number];
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.textAlign = style.textAnchor === "middle" ? "center" : style.textAnchor === "end" ? "right" : "left";
  if (style.stroke !== "none" && pen.lineWidth > 0) {
    pen.strokeStyle = style.stroke;
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = style.fill;
  pen.fillText(text, x, y);
}
