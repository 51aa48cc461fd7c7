/** The URL is the place: what each screen keeps in its address, read with suspicion. */
import { BODIES, type Body, REMARK_STATES, type RemarkState } from "@/vocabulary/remarks";
import { type Verdict, VERDICTS } from "@/vocabulary/quality";
import { isoDay } from "@/vocabulary/time";
import { type Measure, MEASURES } from "@/features/norms/standing";
import { isTileCount, type TileCount } from "@/features/live/places";

type Raw = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
const whole = (value: unknown): number | undefined => {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : undefined;
};

export interface DeskPlace {
  view?: "wall";
  school?: string;
  alarm?: string;
  tiles?: TileCount;
  page?: number;
  cams?: string;
  big?: string;
  /** The form to raise an alarm for a caller stands open. */
  raise?: true;
}

export function readDesk(raw: Raw): DeskPlace {
  const tiles = Number(raw["tiles"]);
  return {
    view: raw["view"] === "wall" ? "wall" : undefined,
    school: text(raw["school"]),
    alarm: text(raw["alarm"]),
    tiles: isTileCount(tiles) ? tiles : undefined,
    page: whole(raw["page"]),
    cams: text(raw["cams"]),
    big: text(raw["big"]),
    raise: raw["raise"] === true ? true : undefined,
  };
}

export interface CameraPlace {
  /** The instant shown, ISO 8601. */
  at?: string;
  stream?: "main" | "sub";
  /** Cameras of the same school that are played beside it, ids with commas between. */
  with?: string;
}

export function readCamera(raw: Raw): CameraPlace {
  const at = text(raw["at"]);
  return {
    at: at === undefined || Number.isNaN(Date.parse(at)) ? undefined : at,
    stream: raw["stream"] === "main" || raw["stream"] === "sub" ? raw["stream"] : undefined,
    with: text(raw["with"]),
  };
}

export interface PlanPlace {
  plan?: string;
  /** It is being drawn. */
  edit?: true;
}

export function readPlan(raw: Raw): PlanPlace {
  return { plan: text(raw["plan"]), edit: raw["edit"] === true ? true : undefined };
}

export interface SchoolsPlace {
  q?: string;
  state?: string;
  kind?: string;
  region?: string;
  sort?: string;
  hide?: string;
  view?: "map";
}

export function readSchools(raw: Raw): SchoolsPlace {
  return {
    q: raw["q"] === undefined ? undefined : String(raw["q"]),
    state: text(raw["state"]),
    kind: text(raw["kind"]),
    region: text(raw["region"]),
    sort: text(raw["sort"]),
    hide: text(raw["hide"]),
    view: raw["view"] === "map" ? "map" : undefined,
  };
}

export const WHOSE = ["mine", "fix", "all"] as const;
export type Whose = (typeof WHOSE)[number];

export interface RemarksPlace {
  /** Written by me, for the school to act on, all that I may see; without it what one's office comes for. */
  whose?: Whose;
  state?: RemarkState;
  body?: Body;
  school?: string;
  plan?: string;
  overdue?: true;
  q?: string;
}

export function readRemarks(raw: Raw): RemarksPlace {
  return {
    whose: WHOSE.find((one) => one === raw["whose"]),
    state: REMARK_STATES.find((one) => one === raw["state"]),
    body: BODIES.find((one) => one === raw["body"]),
    school: text(raw["school"]),
    plan: text(raw["plan"]),
    overdue: raw["overdue"] === true ? true : undefined,
    q: raw["q"] === undefined ? undefined : String(raw["q"]),
  };
}

export interface InspectionsPlace {
  school?: string;
  mine?: true;
  q?: string;
}

export function readInspections(raw: Raw): InspectionsPlace {
  return {
    school: text(raw["school"]),
    mine: raw["mine"] === true ? true : undefined,
    q: raw["q"] === undefined ? undefined : String(raw["q"]),
  };
}

export interface QualityPlace {
  view?: "districts";
  fault?: string;
  verdict?: Verdict;
  district?: string;
}

export function readQuality(raw: Raw): QualityPlace {
  return {
    view: raw["view"] === "districts" ? "districts" : undefined,
    fault: text(raw["fault"]),
    verdict: VERDICTS.find((one) => one === raw["verdict"]),
    district: text(raw["district"]),
  };
}

export interface NormsPlace {
  pack?: string;
  /** A day in the past, ISO; without it, now. */
  day?: string;
  /** That day by the norm of today; without it, by the norm of that day. */
  today?: true;
}

const isoDate = (value: unknown): string | undefined => {
  const found = text(value);
  return found !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(found) && !Number.isNaN(Date.parse(found))
    ? found
    : undefined;
};

export function readNorms(raw: Raw): NormsPlace {
  return {
    pack: text(raw["pack"]),
    day: isoDate(raw["day"]),
    today: raw["today"] === true ? true : undefined,
  };
}

/** The same as the centre asks for it. */
export function askedOf({ pack, day, today }: NormsPlace): { pack?: string; at?: string; norm_day?: string } {
  return { pack, at: day, norm_day: day !== undefined && today === true ? isoDay(Date.now()) : undefined };
}

export interface StandingPlace {
  /** The code of the region or district whose parts are shown; without it, the country's. */
  region?: string;
  district?: string;
  pack?: string;
  view?: "map";
  measure?: Measure;
}

export function readStanding(raw: Raw): StandingPlace {
  return {
    region: text(raw["region"]),
    district: text(raw["district"]),
    pack: text(raw["pack"]),
    view: raw["view"] === "map" ? "map" : undefined,
    measure: MEASURES.find((one) => one === raw["measure"]),
  };
}

/** The import that is looked at. */
export const readRegistry = (raw: Raw): { import?: string } => ({ import: text(raw["import"]) });
