/** Filtering, sorting and writing out the table of schools. Pure. */
import type { School } from "@/api/types";
import { SCHOOL_STATES, schoolState, type SchoolState } from "@/vocabulary/schools";
import { named } from "@/vocabulary/text";

export const COLUMNS = ["state", "name", "kind", "district", "cameras", "node", "head", "phone"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Filter {
  q: string;
  state: SchoolState | undefined;
  kind: School["kind"] | undefined;
  region: string | undefined;
}

export interface Sort {
  column: Column;
  down: boolean;
}

/** `name` or `-name`; anything else is worst first. */
export function readSort(text: string | undefined): Sort {
  const down = text?.startsWith("-") ?? false;
  const column = text?.replace(/^-/, "");
  return COLUMNS.includes(column as Column)
    ? { column: column as Column, down }
    : { column: "state", down: false };
}

export function writeSort({ column, down }: Sort): string | undefined {
  const text = down ? `-${column}` : column;
  return text === "state" ? undefined : text;
}

export function filtered(schools: Iterable<School>, filter: Filter): School[] {
  const asked = filter.q.toLocaleLowerCase("kk").split(/\s+/).filter(Boolean);
  return [...schools].filter((school) => {
    if (filter.state !== undefined && schoolState(school) !== filter.state) return false;
    if (filter.kind !== undefined && school.kind !== filter.kind) return false;
    if (filter.region !== undefined && school.region !== filter.region) return false;
    if (asked.length === 0) return true;
    const { name, address } = school;
    const hay = [name.kk, name.ru, name.en, address.kk, address.ru, address.en, school.site, school.head]
      .join(" ")
      .toLocaleLowerCase("kk");
    return asked.every((word) => hay.includes(word));
  });
}

/** Names with numbers in them sort as people count: 2 before 12. */
export function sorted(schools: readonly School[], sort: Sort, language: string): School[] {
  const collator = new Intl.Collator(language, { numeric: true });
  const text: Partial<Record<Column, (school: School) => string>> = {
    name: (school) => named(school.name, language),
    kind: (school) => school.kind,
    district: (school) => school.district,
    head: (school) => school.head,
    phone: (school) => school.phone,
    node: (school) => school.node.last_pulse_at ?? "",
  };
  const count: Partial<Record<Column, (school: School) => number>> = {
    state: (school) => SCHOOL_STATES.indexOf(schoolState(school)),
    cameras: (school) => school.cameras_live - school.cameras_total,
  };
  const byText = text[sort.column];
  const byCount = count[sort.column];
  const compare = (a: School, b: School): number => {
    const first =
      byText !== undefined
        ? collator.compare(byText(a), byText(b))
        : (byCount?.(a) ?? 0) - (byCount?.(b) ?? 0);
    return (sort.down ? -first : first) || collator.compare(named(a.name, language), named(b.name, language));
  };
  return [...schools].sort(compare);
}

/** RFC 4180, with a mark that makes spreadsheets read UTF-8. A cell that a spreadsheet would run is disarmed. */
export function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^\+?[\d\s-]+$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
