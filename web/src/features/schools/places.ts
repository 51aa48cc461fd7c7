/** Names of regions and districts, from the same files as the map. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { named } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";

interface Territory {
  features: {
    properties: { code: string; kk: string; ru: string; en: string; rank: "region" | "district" };
  }[];
}

function useTerritory() {
  return useQuery({
    queryKey: ["geo", "names"],
    queryFn: async (): Promise<Territory> => {
      const answer = await fetch("/geo/names.geojson");
      if (!answer.ok) throw new Error(`names of regions and districts: HTTP ${answer.status}`);
      return (await answer.json()) as Territory;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `regions`: those that have schools in sight, by name. `districtName`: a name, or the code until names are here. */
export function usePlaceNames() {
  const { language } = useWords();
  const schools = useWorld((world) => world.schools);
  const territory = useTerritory().data;
  return useMemo(() => {
    const used = new Set([...schools.values()].map((school) => school.region));
    const all = (territory?.features ?? []).map(({ properties }) => ({
      code: properties.code,
      rank: properties.rank,
      name: named(properties, language),
    }));
    const names = new Map(all.map(({ code, name }) => [code, name]));
    return {
      regions: all
        .filter(({ code, rank }) => rank === "region" && used.has(code))
        .sort((a, b) => a.name.localeCompare(b.name, language)),
      districtName: (code: string) => names.get(code) ?? code,
    };
  }, [schools, territory, language]);
}
