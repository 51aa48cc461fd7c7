/** Whom to call at a school, in the school's own order; who is on duty there today stands first. */
import { Phone } from "lucide-react";
import { useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { SchoolPeople, SchoolPerson } from "@/api/types";
import { Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";

export function usePeople(school: string) {
  return useQuery({
    queryKey: ["people", school],
    queryFn: () =>
      taken(api.GET("/api/schools/{school_id}/people", { params: { path: { school_id: school } } })),
    staleTime: 30_000,
  });
}

/** Those on duty first; otherwise as the school lists them. */
export function inCallingOrder(people: readonly SchoolPerson[]): SchoolPerson[] {
  return [...people.filter((person) => person.on_duty), ...people.filter((person) => !person.on_duty)];
}

export function People({ school }: { school: string }) {
  const { t } = useWords();
  const asked = usePeople(school);
  const box = useRef<HTMLUListElement>(null);
  useKeys({ KeyF: () => box.current?.querySelector<HTMLElement>("a")?.focus() });
  return (
    <section data-testid="people">
      <h3 className="flex items-center justify-between px-3 pt-3 pb-1 text-sm font-medium text-ink-3">
        {t("people.title")}
        <Kbd>F</Kbd>
      </h3>
      {asked.isPending && <Skeleton className="mx-3 h-16" />}
      {asked.error !== null && <p className="px-3 text-sm text-caution">{problemText(t, asked.error)}</p>}
      {asked.data !== undefined && <List people={asked.data} box={box} />}
    </section>
  );
}

function List({ people, box }: { people: SchoolPeople; box: React.RefObject<HTMLUListElement | null> }) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  if (people.items.length === 0) return <p className="px-3 text-sm text-ink-2">{t("people.none")}</p>;
  return (
    <>
      {people.marked_at === null ? (
        <p className="px-3 pb-1 text-sm text-caution">{t("people.nobody_marked")}</p>
      ) : (
        <p className="px-3 pb-1 text-sm text-ink-3">
          {t("people.marked", { time: clockOrDay(Date.parse(people.marked_at), now) })}
        </p>
      )}
      <ul ref={box}>
        {inCallingOrder(people.items).map((person) => (
          <li key={person.id} className="flex min-h-9 items-center gap-2 px-3 py-1" data-testid="person">
            <span className="min-w-0 flex-1">
              <span className="block">{person.name}</span>
              <span className="block text-sm text-ink-3">
                {t(`school_role.${person.role}`)}
                {person.on_duty && (
                  <span className="ml-1.5 rounded-sm border border-accent px-1 text-accent">
                    {t("people.on_duty")}
                  </span>
                )}
              </span>
            </span>
            {person.phone !== "" && (
              <a
                href={`tel:${person.phone.replaceAll(/[^+\d]/g, "")}`}
                className="inline-flex items-center gap-1.5 rounded-sm font-medium whitespace-nowrap text-accent"
              >
                <Phone size={14} aria-hidden />
                {person.phone}
              </a>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
