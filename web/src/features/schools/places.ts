/** Names of regions and districts, from the same files as the map. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { named } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";

interface Borders {
  features: { properties: { code: string; kk: string; ru: string; en: string } }[];
}

function useBorders(file: "regions" | "districts") {
  return useQuery({
    queryKey: ["geo", file],
    queryFn: async (): Promise<Borders> => {
      const answer = await fetch(`/geo/${file}.geojson`);
      if (!answer.ok) throw new Error(`borders of ${file}: HTTP ${answer.status}`);
      return (await answer.json()) as Borders;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `regions`: those that have schools in sight, by name. `districtName`: a name, or the code until names are here. */
export function usePlaceNames() {
  const { language } = useWords();
  const schools = useWorld((world) => world.schools);
  const regions = useBorders("regions").data;
  const districts = useBorders("districts").data;
  return useMemo(() => {
    const used = new Set([...schools.values()].map((school) => school.region));
    const names = new Map(
      districts?.features.map(({ properties }) => [properties.code, named(properties, language)]),
    );
    return {
      regions: (regions?.features ?? [])
        .map(({ properties }) => ({ code: properties.code, name: named(properties, language) }))
        .filter(({ code }) => used.has(code))
        .sort((a, b) => a.name.localeCompare(b.name, language)),
      districtName: (code: string) => names.get(code) ?? code,
    };
  }, [schools, regions, districts, language]);
}
