/** The public API, asked with plain GETs. What goes wrong comes back as one sentence. */

const ROOT = "/api/v1";

export type Query = URLSearchParams | Readonly<Record<string, string | number>>;

/** Something the API or the way to it did not do; `message` is a sentence for the reader. */
export class Trouble extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export function address(path: string, query?: Query): string {
  const search = new URLSearchParams();
  if (query instanceof URLSearchParams) for (const [name, value] of query) search.append(name, value);
  else for (const [name, value] of Object.entries(query ?? {})) search.append(name, String(value));
  return `${ROOT}${path}${search.size > 0 ? `?${search}` : ""}`;
}

/** A query with more in it. */
export function withMore(query: URLSearchParams, more: Readonly<Record<string, string | number>>): URLSearchParams {
  const all = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) all.set(name, String(value));
  return all;
}

export async function get<Answer>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer> {
  return asked<Answer>(address(path, query), signal ? { signal } : {});
}

export async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers = { "Content-Type": "application/json" };
  return asked<Answer>(address(path), { method: "POST", headers, body: JSON.stringify(body) });
}

export async function remove(path: string): Promise<void> {
  await asked<unknown>(address(path), { method: "DELETE" });
}

const TRIES = 6; // of an answer that the server is too busy for
const LONGEST_WAIT = 8; // seconds

async function asked<Answer>(url: string, options: RequestInit, tries = TRIES): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Trouble("The server does not answer. Is `cardhouse serve` still running?", 0);
  }
  const isBusy = response.status === 503 || response.status === 429;
  if (isBusy && tries > 1) {
    const told = Number(response.headers.get("Retry-After") ?? "1");
    await new Promise((done) => setTimeout(done, 1000 * Math.min(told || 1, LONGEST_WAIT)));
    return asked<Answer>(url, options, tries - 1);
  }
  if (!response.ok) throw new Trouble(await sentence(response), response.status);
  if (response.status === 204) return undefined as Answer;
  return (await response.json()) as Answer;
}

async function sentence(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { title?: string; detail?: string };
    if (problem.detail ?? problem.title) return problem.detail ?? problem.title ?? "";
  } catch {
    // not a problem document: the status says what there is to say
  }
  return `The server answered ${response.status} ${response.statusText}.`;
}
