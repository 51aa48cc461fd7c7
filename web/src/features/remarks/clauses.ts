/** Clauses that the zone pack in force gives as reasons: suggestions, never a must. */
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";

const DAY_MS = 24 * 3_600_000;

interface ZoneNorm {
  kind: string;
  clause: string;
  source: string;
}

/** "clause, source": of this kind of zone first, each once. */
export function suggestions(zones: readonly ZoneNorm[], kind: string | undefined): string[] {
  const sorted = [...zones].sort((one, other) => Number(other.kind === kind) - Number(one.kind === kind));
  const said = sorted.map(({ clause, source }) => [clause, source].filter((part) => part !== "").join(", "));
  return [...new Set(said)].filter((text) => text !== "");
}

export function useClauses(kind: string | undefined): string[] {
  const { data } = useQuery({
    queryKey: ["zone-norms"],
    queryFn: () => taken(api.GET("/api/norms/zones")),
    staleTime: DAY_MS,
    retry: false,
  });
  return suggestions(data?.zones ?? [], kind);
}
