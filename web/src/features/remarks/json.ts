/** What a centre may already answer and the generated client does not know yet. */
import { ApiProblem, problemOf } from "@/api/client";

/** Throws `ApiProblem`, as the client does; `not_found` from a centre without this route. */
export async function getJson<T>(path: string): Promise<T> {
  const answer = await fetch(path).catch(() => {
    throw new ApiProblem("unreachable", 0, "");
  });
  if (!answer.ok) throw problemOf(await answer.json().catch(() => null), answer.status);
  return (await answer.json()) as T;
}
