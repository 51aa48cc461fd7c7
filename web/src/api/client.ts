/** The centre's HTTP API: the generated client, the CSRF token on writes, and problems as one kind of error. */
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema";
import type { Problem } from "./types";

/** What the centre refused or could not do. `code` is stable and is translated under `problem.<code>`. */
export class ApiProblem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail || code);
    this.name = "ApiProblem";
  }
}

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

const withToken: Middleware = {
  onRequest({ request }) {
    if (!READING.has(request.method)) request.headers.set("X-CSRFToken", csrfToken());
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: "" });
api.use(withToken);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws `ApiProblem`: with the centre's own code, or `unreachable`, or `http`. */
export async function taken<T>(answer: Promise<Answered<T>>): Promise<T> {
  let settled: Answered<T>;
  try {
    settled = await answer;
  } catch (error) {
    if (error instanceof TypeError) throw new ApiProblem("unreachable", 0, "");
    throw error;
  }
  if (settled.response.ok && settled.data !== undefined) return settled.data;
  throw problemOf(settled.error, settled.response.status);
}

/** The same where the answer has no data. */
export async function done(answer: Promise<Answered<unknown>>): Promise<void> {
  await taken(answer.then((settled) => ({ ...settled, data: settled.response.ok ? true : undefined })));
}

export function problemOf(body: unknown, status: number): ApiProblem {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  return new ApiProblem(
    problem.code ?? (status >= 502 ? "unreachable" : "http"),
    status,
    problem.detail ?? "",
  );
}
