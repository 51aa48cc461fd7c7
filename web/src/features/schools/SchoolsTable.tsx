/** All schools as a table: thousands of rows scroll virtually; sort, filter and columns are the caller's URL. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Columns3, Download } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef } from "react";
import type { School } from "@/api/types";
import { Button } from "@/ui/button";
import { Menu, MenuCheck } from "@/ui/overlays";
import { useRowFocus } from "@/ui/row-focus";
import { Notice, Skeleton } from "@/ui/surfaces";
import { SCHOOL_STATES, SchoolMark, schoolState, SchoolStateWords } from "@/vocabulary/schools";
import { number } from "@/vocabulary/text";
import { clockOrDay, isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useServerNow, useWorld } from "@/world/hooks";
import { type Column, COLUMNS, csv, type Filter, filtered, readSort, sorted, writeSort } from "./table";
import { usePlaceNames } from "./places";

const ROW_PX = 36;

export interface TablePlace extends Filter {
  sort: string | undefined;
  hide: string | undefined;
}

interface Props {
  place: TablePlace;
  onMove: (change: Partial<TablePlace>) => void;
  onOpen: (school: School) => void;
  tools?: ReactNode;
}

const WIDTHS: Record<Column, string> = {
  state: "minmax(150px,1.1fr)",
  name: "minmax(180px,2fr)",
  kind: "minmax(110px,0.9fr)",
  district: "minmax(120px,1.2fr)",
  cameras: "minmax(80px,0.6fr)",
  node: "minmax(120px,0.9fr)",
  head: "minmax(180px,1.6fr)",
  phone: "minmax(140px,1fr)",
};

export function SchoolsTable({ place, onMove, onOpen, tools }: Props) {
  const { t, language } = useWords();
  const schools = useWorld((world) => world.schools);
  const loading = useConnection().state === "loading";
  const sort = readSort(place.sort);
  const hidden = new Set((place.hide ?? "").split(","));
  const columns = COLUMNS.filter((column) => column === "name" || !hidden.has(column));
  const { q, state, kind, region } = place;
  const rows = useMemo(
    () => sorted(filtered(schools.values(), { q, state, kind, region }), sort, language),
    [schools, q, state, kind, region, sort.column, sort.down, language], // eslint-disable-line react-hooks/exhaustive-deps -- `sort` is read anew from the URL; its two parts decide
  );
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="schools">
      <Filters
        place={place}
        onMove={onMove}
        shown={rows}
        all={schools.size}
        columns={columns}
        tools={tools}
      />
      {loading && <Skeleton className="m-3 h-64" />}
      {!loading && rows.length === 0 && (
        <Notice
          title={schools.size === 0 ? t("desk.no_schools") : t("schools.none")}
          detail={schools.size === 0 ? t("desk.no_schools_detail") : t("schools.none_detail")}
          data-testid="schools-empty"
        />
      )}
      {rows.length > 0 && (
        <Rows
          rows={rows}
          columns={columns}
          sort={sort}
          onSort={(column) =>
            onMove({ sort: writeSort({ column, down: sort.column === column && !sort.down }) })
          }
          onOpen={onOpen}
        />
      )}
    </div>
  );
}

function Filters({
  place,
  onMove,
  shown,
  all,
  columns,
  tools,
}: Omit<Props, "onOpen"> & {
  shown: School[];
  all: number;
  columns: readonly Column[];
}) {
  const { t } = useWords();
  const { regions } = usePlaceNames();
  const SELECT = "h-8 max-w-52 rounded-md border border-line-2 bg-ground px-2 text-ink";
  const hidden = COLUMNS.filter((column) => !columns.includes(column));
  return (
    <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b px-3 py-1.5">
      <input
        type="search"
        value={place.q}
        onChange={(event) => onMove({ q: event.target.value })}
        placeholder={t("schools.filter")}
        aria-label={t("schools.filter")}
        className="h-8 w-56 rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3"
        data-testid="schools-filter"
      />
      <select
        value={place.state ?? ""}
        onChange={(event) => onMove({ state: SCHOOL_STATES.find((state) => state === event.target.value) })}
        aria-label={t("schools.column.state")}
        className={SELECT}
        data-testid="schools-state"
      >
        <option value="">{t("schools.any_state")}</option>
        {SCHOOL_STATES.map((state) => (
          <option key={state} value={state}>
            {t(`schools.state.${state}`)}
          </option>
        ))}
      </select>
      <select
        value={place.region ?? ""}
        onChange={(event) => onMove({ region: event.target.value || undefined })}
        aria-label={t("schools.region")}
        className={SELECT}
      >
        <option value="">{t("schools.any_region")}</option>
        {regions.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <span className="text-sm text-ink-3" data-testid="schools-count">
        {t("schools.count", { shown: number(shown.length), all: number(all) })}
      </span>
      <span className="grow" />
      <Menu
        trigger={
          <Button small look="quiet">
            <Columns3 size={15} aria-hidden />
            {t("schools.columns")}
          </Button>
        }
      >
        {COLUMNS.filter((column) => column !== "name").map((column) => (
          <MenuCheck
            key={column}
            checked={columns.includes(column)}
            onChange={() => {
              const next = hidden.includes(column)
                ? hidden.filter((other) => other !== column)
                : [...hidden, column];
              onMove({ hide: next.join(",") || undefined });
            }}
          >
            {t(`schools.column.${column}`)}
          </MenuCheck>
        ))}
      </Menu>
      <Csv rows={shown} columns={columns} />
      {tools}
    </div>
  );
}

function Csv({ rows, columns }: { rows: School[]; columns: readonly Column[] }) {
  const { t } = useWords();
  const cell = useCellText();
  const write = () => {
    const head = columns.map((column) => t(`schools.column.${column}`));
    const text = csv([head, ...rows.map((school) => columns.map((column) => cell(school, column)))]);
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `qorgan-schools-${isoDay(Date.now())}.csv`;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Button small look="quiet" onClick={write} disabled={rows.length === 0} data-testid="csv">
      <Download size={15} aria-hidden />
      {t("schools.csv")}
    </Button>
  );
}

/** A cell as plain text: on the screen, in the CSV file. */
function useCellText(): (school: School, column: Column) => string {
  const { t, name } = useWords();
  const { districtName } = usePlaceNames();
  const now = useServerNow(60_000);
  return (school, column) => {
    switch (column) {
      case "state":
        return t(`schools.state.${schoolState(school)}`);
      case "name":
        return name(school.name);
      case "kind":
        return t(`school_kind.${school.kind}`);
      case "district":
        return districtName(school.district);
      case "cameras":
        return `${school.cameras_live}/${school.cameras_total}`;
      case "node":
        if (school.node.state === "online") return t("schools.online");
        return school.node.last_pulse_at === null
          ? t("schools.never")
          : clockOrDay(Date.parse(school.node.last_pulse_at), now);
      case "head":
        return school.head;
      case "phone":
        return school.phone;
    }
  };
}

function Rows({
  rows,
  columns,
  sort,
  onSort,
  onOpen,
}: {
  rows: School[];
  columns: readonly Column[];
  sort: { column: Column; down: boolean };
  onSort: (column: Column) => void;
  onOpen: (school: School) => void;
}) {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer keeps its own state on purpose
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const place = useRowFocus(
    (index) => virtual.scrollToIndex(index),
    (index) => box.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null,
  );
  const grid = { gridTemplateColumns: columns.map((column) => WIDTHS[column]).join(" ") };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    const at = Number((event.target as HTMLElement).dataset["index"]);
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    place.focus(Math.max(0, Math.min(rows.length - 1, place.from(at) + step)));
  };
  return (
    <div
      ref={box}
      className="min-h-0 flex-1 overflow-auto"
      onKeyDown={onKeyDown}
      role="table"
      aria-rowcount={rows.length}
    >
      <div
        role="row"
        style={grid}
        className="sticky top-0 z-10 grid min-w-max border-b bg-surface text-sm text-ink-3"
      >
        {columns.map((column) => (
          <button
            key={column}
            type="button"
            role="columnheader"
            aria-sort={sort.column === column ? (sort.down ? "descending" : "ascending") : "none"}
            onClick={() => onSort(column)}
            className="flex items-center gap-1 px-3 py-2 text-left font-medium hover:text-ink"
            data-testid={`sort-${column}`}
          >
            {t(`schools.column.${column}`)}
            {sort.column === column &&
              (sort.down ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />)}
          </button>
        ))}
      </div>
      <div style={{ height: virtual.getTotalSize() }} className="relative min-w-max">
        {virtual.getVirtualItems().map((item) => {
          const school = rows[item.index];
          if (school === undefined) return null;
          return (
            <div
              key={school.id}
              role="row"
              tabIndex={0}
              data-index={item.index}
              data-testid="school-row"
              data-school={school.id}
              onClick={() => onOpen(school)}
              onKeyDown={(event) => event.key === "Enter" && onOpen(school)}
              style={{ ...grid, height: ROW_PX, transform: `translateY(${item.start}px)` }}
              className="absolute inset-x-0 top-0 grid cursor-pointer items-center border-b hover:bg-raised focus-visible:bg-raised focus-visible:-outline-offset-2"
            >
              <Cells school={school} columns={columns} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Cells({ school, columns }: { school: School; columns: readonly Column[] }) {
  const cell = useCellText();
  return columns.map((column) => (
    <div
      key={column}
      role="cell"
      className="truncate px-3"
      title={column === "state" ? undefined : cell(school, column)}
    >
      {column === "state" ? (
        <span className="inline-flex items-center gap-2">
          <SchoolMark state={schoolState(school)} />
          <SchoolStateWords school={school} />
        </span>
      ) : (
        cell(school, column)
      )}
    </div>
  ));
}
