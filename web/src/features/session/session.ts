/** Sign-in by django-allauth's headless API; who is signed in by our own `/api/session`. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiProblem, csrfToken, taken } from "@/api/client";
import type { Session } from "@/api/types";

const ALLAUTH = "/_allauth/browser/v1/auth";
export const SESSION_KEY = ["session"] as const;

/** The session, or null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async (): Promise<Session | null> => {
      try {
        return await taken(api.GET("/api/session"));
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: (count, error) => count < 5 && error instanceof ApiProblem && error.code === "unreachable",
  });
}

interface AllauthAnswer {
  errors?: { code: string; message: string; param?: string }[];
}

async function allauth(path: string, method: "GET" | "POST" | "DELETE", body?: unknown): Promise<Response> {
  try {
    return await fetch(`${ALLAUTH}${path}`, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiProblem("unreachable", 0, "");
  }
}

/** Signs in. Throws `ApiProblem` with allauth's code (`email_password_mismatch`, `too_many_login_attempts`, …). */
export async function signIn(email: string, password: string): Promise<void> {
  if (csrfToken() === "") await allauth("/session", "GET");
  const answer = await allauth("/login", "POST", { email, password });
  if (answer.ok) return;
  if (answer.status === 409) return; // already signed in, in another tab
  const told = ((await answer.json().catch(() => ({}))) as AllauthAnswer).errors?.[0]?.code;
  if (answer.status === 401) throw new ApiProblem("sign_in_step", 401, ""); // allauth wants a further step
  throw new ApiProblem(
    told ?? (answer.status === 429 ? "too_many_login_attempts" : "http"),
    answer.status,
    "",
  );
}

export async function signOut(): Promise<void> {
  await allauth("/session", "DELETE");
}

export function useForgetSession(): () => void {
  const queries = useQueryClient();
  return () => {
    queries.setQueryData(SESSION_KEY, null); // told, not removed: whoever shows the session must hear of its end
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  };
}
